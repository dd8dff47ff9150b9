import { describe, expect, it } from 'vitest'
import { assertOptions, knownMembers, unknownMembers } from '../../src/base/known-members.ts'

interface Options {
  readonly issuer?: string
  readonly redirectUrls?: readonly string[]
  readonly accessTokenSeconds?: number
  readonly owner?: string
}
const OPTIONS = knownMembers<Options>(
  { issuer: true, redirectUrls: true, accessTokenSeconds: true, owner: true },
  { account: 'owner', trusted: 'setTrusted' },
)
const expectedFor = (name: string) => unknownMembers({ [name]: 1 }, OPTIONS)[0]?.expected
const ALL = 'one of issuer, redirectUrls, accessTokenSeconds, owner'

describe('known members', () => {
  it('an object with known members only has no unknown ones, even if it has none or they are undefined (ERR-6)', () => {
    for (const given of [{}, { issuer: 'x' }, { issuer: undefined, owner: 'x' }, Object.create({ isuer: 'inherited' })])
      expect(unknownMembers(given, OPTIONS)).toEqual([])
  })

  it.each([
    ['isuer', 'issuer'],
    ['Issuer', 'issuer'],
    ['issuers', 'issuer'],
    ['redirect_urls', 'redirectUrls'],
    ['redirect_uris', 'redirectUrls'],
    ['redirectUrl', 'redirectUrls'],
    ['accessTokenTtl', 'accessTokenSeconds'],
    ['account', 'owner'],
    ['trusted', 'setTrusted'],
    ['colour', ALL],
    ['x', ALL],
    ['', ALL],
    ['__proto__', ALL],
    ['constructor', ALL],
  ])('for the unknown member %j it expects %s (ERR-6)', (name, expected) => {
    const given = JSON.parse(`{${JSON.stringify(name)}: 1}`)
    expect(unknownMembers(given, OPTIONS).map((one) => one.expected)).toEqual([expected])
  })

  it('every unknown member is found, even if its value is undefined (ERR-6)', () => {
    const found = unknownMembers({ isuer: undefined, owner: 'x', acount: 1 }, OPTIONS)
    expect(found.map(({ name }) => name)).toEqual(['isuer', 'acount'])
  })

  it('a name is shown shortened, and without characters that a terminal interprets', () => {
    const name = `\u001b[31m\u202e${'x'.repeat(100_000)}`
    const [unknown] = unknownMembers({ [name]: 1 }, OPTIONS)
    expect(unknown?.name).toBe(`?[31m?${'x'.repeat(58)}…`)
    expect(unknown?.expected).toBe(ALL)
    expect(expectedFor('i\u0000ssuer')).toBe('issuer')
  })

  it('a proxy that throws has no members that could be named', () => {
    const { proxy, revoke } = Proxy.revocable({}, {})
    revoke()
    expect(unknownMembers(proxy, OPTIONS)).toEqual([])
  })

  it('options are a TypeError that names the call, the option and what was probably meant (ERR-6)', () => {
    expect(() => assertOptions('call', { isuer: 'x' }, OPTIONS)).toThrow(
      new TypeError('call: isuer: unknown option, expected issuer'),
    )
    expect(() => assertOptions('call', { isuer: 'x' }, OPTIONS, 'nested')).toThrow(
      new TypeError('call: nested.isuer: unknown option, expected issuer'),
    )
    for (const [given, received] of [
      [undefined, 'nothing'],
      [null, 'null'],
      ['x', 'a string of 1 characters'],
      [5, 'a number'],
      [[], 'an empty array'],
      [new Map([['issuer', 'x']]), 'an object'],
      [new URLSearchParams('issuer=x'), 'an object'],
      [Promise.resolve({ issuer: 'x' }), 'an object'],
    ] as const)
      expect(() => assertOptions('call', given, OPTIONS)).toThrow(
        new TypeError(
          `call: options: expected a plain object of issuer, redirectUrls, accessTokenSeconds, owner, received ${received}`,
        ),
      )
  })
})
