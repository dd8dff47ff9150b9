import { describe, expect, it } from 'vitest'
import { ADDRESSES, type AddressName, createAddresses, createMatcher } from '../../src/console/addresses.ts'

const to = createAddresses('/login/console')
const match = createMatcher('/login/console')
const names = Object.keys(ADDRESSES) as AddressName[]

describe('the addresses of the console', () => {
  it.each(names)('a link to %s leads to it', (name) => {
    const parts = { key: 'k7QUEQY4YKxRAkqWxmX2UfXHS5y1mKQE', file: 'console-a_b-1.css', for: 'org/7?&#' }
    const url = new URL(to(name, parts), 'https://login.example')
    const found = match(url.pathname)
    expect(found?.name).toBe(name)
    for (const [part, value] of Object.entries(found?.parts ?? {})) expect(value).toBe(parts[part as 'key'])
    expect(url.searchParams.get('for')).toBe('org/7?&#')
  })

  it('leave out what is empty or absent, and repeat what is a list', () => {
    expect(to('apps', { for: '', name: undefined, app: ['a', 'b'] })).toBe('/login/console/apps?app=a&app=b')
  })

  it.each([
    '/login',
    '/login/consoleX',
    '/login/console/apps/',
    '/login/console/apps/k/nothing',
    '/login/console//apps',
    '/login/console/apps/a%2Fb',
  ])('nothing is at %s', (path) => {
    expect(match(path)).toBeUndefined()
  })

  it('a dot in the base is a dot', () => {
    expect(createMatcher('/v1.0')('/v1x0/apps')).toBeUndefined()
    expect(createMatcher('')('/apps')?.name).toBe('apps')
  })
})
