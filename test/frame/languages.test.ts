import { describe, expect, it } from 'vitest'
import { browserLocale } from '../../src/frame/languages.ts'

const firstOf = (header: string) => browserLocale(new Headers({ 'accept-language': header }))

describe('the language of a browser', () => {
  it.each([
    ['de-AT, en;q=0.5', 'de-AT'],
    ['pt;q=0.9', 'pt'],
    ['sr-Latn-RS-x-abcdefgh-abcdefgh-1234', 'sr-Latn-RS-x-abcdefgh-abcdefgh-1234'],
    ['', undefined],
  ])('is the first that it names: %s', (header, expected) => {
    expect(firstOf(header)).toBe(expected)
  })

  it('is not a tag that would take long to match, which anybody can send', () => {
    expect(firstOf(`en-x-${Array(7000).fill('a').join('-')}`)).toBeUndefined()
  })
})
