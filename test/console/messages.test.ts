import { describe, expect, it } from 'vitest'
import { message } from '../../src/console/messages.ts'
import { isOpenedFromHere } from '../../src/console/same-origin.ts'
import { markup } from '../../src/frame/html.ts'
import { sampleContext } from './sample-context.ts'

const context = sampleContext()
const said = (name: string | null, parts: Parameters<typeof message>[1] = {}) => {
  const shown = message(name, parts, context)
  return shown && markup(shown)
}

describe('a message after a form', () => {
  it('is one of a fixed list, with what it is about as text', () => {
    expect(said('suspended', { app: '<b>' })).toContain('<bdi>&lt;b&gt;</bdi> is suspended.')
    expect(said('apps-removed', { count: 2 })).toContain('2 apps were removed.')
    expect([said('anything'), said('toString', { count: 1 }), said('__proto__'), said(null)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })

  it('is not shown if what it is about is not known', () => {
    expect([said('suspended'), said('apps-removed')]).toEqual([undefined, undefined])
  })

  it.each([
    [{ 'sec-fetch-site': 'same-origin' }, true],
    [{ 'sec-fetch-site': 'none' }, false],
    [{ 'sec-fetch-site': 'cross-site', referer: 'https://login.example/console' }, false],
    [{ referer: 'https://login.example/console/apps' }, true],
    [{ referer: 'https://evil.example/?https://login.example' }, false],
    [{ referer: 'not a URL' }, false],
    [{}, false],
  ])('opened with %j: %s', (headers, shown) => {
    expect(isOpenedFromHere(new Headers(headers as Record<string, string>), 'https://login.example')).toBe(shown)
  })
})
