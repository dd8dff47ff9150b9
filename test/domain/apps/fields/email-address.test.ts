import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { emailRule } from '../../../../src/domain/apps/fields/email-address.ts'

const codeOf = (text: string) => {
  const outcome = emailRule.check(text)
  return outcome.ok ? 'accepted' : outcome.code
}

describe('emailRule', () => {
  test.each([
    ['admin@example.com', 'admin@example.com', 'admin@example.com'],
    ['First.Last+tag@EXAMPLE.com', 'First.Last+tag@example.com', 'First.Last+tag@example.com'],
    ["o'brien_{x}!#$%&*/=?^`|~-@example.com", undefined, undefined],
    ['info@münchen.de', 'info@münchen.de', 'info@xn--mnchen-3ya.de'],
    ['info@XN--MNCHEN-3YA.de', 'info@münchen.de', 'info@xn--mnchen-3ya.de'],
    ['用户@例子.广告', '用户@例子.广告', '用户@xn--fsqu00a.xn--4rr70v'],
    ['jose\u0301@example.com', 'jos\u00e9@example.com', 'jos\u00e9@example.com'],
    ['पता@उदाहरण.भारत', 'पता@उदाहरण.भारत', 'पता@xn--p1b6ci4b4b3a.xn--h2brj9c'],
    ['a@1.example', 'a@1.example', 'a@1.example'],
  ])('%s is accepted as an e-mail address and kept in both forms (APP-2)', (text, display = text, ascii = text) => {
    expect(emailRule.check(text)).toEqual({ ok: true, value: { display, ascii } })
  })

  test.each([
    '@',
    'a',
    'a@',
    '@example.com',
    'a@b',
    'a@@example.com',
    'a@b@example.com',
    '.a@example.com',
    'a.@example.com',
    'a..b@example.com',
    '"ab"@example.com',
    'a(comment)@example.com',
    'Name<a@example.com>',
    'a,b@example.com',
    'a;b@example.com',
    'a:b@example.com',
    'a\\b@example.com',
    'a[b@example.com',
    'a@[127.0.0.1]',
    'a@[IPv6:::1]',
    'a@127.0.0.1',
    'a@127.1',
    'a@a%2eb.com',
    'a@a..b',
    'a@.example.com',
    'a@example.com.',
    'a@example.com:25',
    'a@example.com/x',
    'a@-a.com',
    'a@a_b.com',
    'a@xn--a.com',
    `a@${'b'.repeat(64)}.com`,
    'a＠example.com',
    'a＠b.com@example.com',
    'a．．b@example.com',
    'a…@example.com',
    'a\u037eb@example.com',
  ])('%j is refused as an e-mail address (APP-2, S06)', (text) => {
    expect(codeOf(text)).toBe('not_an_email')
  })

  test.each([
    ' a@example.com',
    'a@example.com ',
    'a b@example.com',
    'a@exam ple.com',
    'a\u00a0b@example.com',
    'a@example.com\n',
    'a\r\nBcc:b@example.com',
    'a\0@example.com',
    'a\u0085@example.com',
    'a\u200b@example.com',
    'a@exam\u200bple.com',
    'a\u200d@example.com',
    'a\u2060@example.com',
    'a\ufeff@example.com',
    'a\u00ad@example.com',
    'a@exam\u00adple.com',
    'a\u202e@example.com',
    'a\u2066@example.com',
    'a\u061c@example.com',
    'a\u2800@example.com',
    'a\ud800@example.com',
  ])('%j is refused for a character that no e-mail address has (APP-4, S06)', (text) => {
    expect(codeOf(text)).toBe('forbidden_character')
  })

  test('an e-mail address has at most 64 octets before the @, counted in UTF-8', () => {
    expect(codeOf(`${'a'.repeat(64)}@example.com`)).toBe('accepted')
    expect(codeOf(`${'a'.repeat(65)}@example.com`)).toBe('too_long')
    expect(codeOf(`${'é'.repeat(32)}@example.com`)).toBe('accepted')
    expect(codeOf(`${'é'.repeat(32)}a@example.com`)).toBe('too_long')
  })

  test('an e-mail address has at most 254 octets, in either form', () => {
    const labels = (last: number) => `${`${'b'.repeat(60)}.`.repeat(3)}${'c'.repeat(last)}`
    expect(codeOf(`${'a'.repeat(64)}@${labels(6)}`)).toBe('accepted')
    expect(codeOf(`${'a'.repeat(64)}@${labels(7)}`)).toBe('too_long')
    // In UTF-8 this address has 147 octets, in ASCII more than 254.
    expect(codeOf(`${'a'.repeat(64)}@${'bü.'.repeat(20)}de`)).toBe('too_long')
    // In UTF-8 this domain has 246 octets, in ASCII fewer.
    const chinese = `${`${'中'.repeat(20)}.`.repeat(4)}cn`
    expect(codeOf(`a@${chinese}`)).toBe('accepted')
    expect(codeOf(`${'a'.repeat(20)}@${chinese}`)).toBe('too_long')
  })

  test('an accepted e-mail address splits into a dot-atom and a host name, and is accepted again unchanged', () => {
    const local = fc.oneof(
      fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }),
      fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
      fc.string({ minLength: 1, maxLength: 12 }),
    )
    const text = fc.oneof(
      fc.emailAddress(),
      fc.tuple(local, fc.oneof(local, fc.domain(), fc.constant('münchen.de'))).map(([a, b]) => `${a}@${b}`),
    )
    fc.assert(
      fc.property(text, (given) => {
        const outcome = emailRule.check(given)
        if (!outcome.ok) return
        const { display, ascii } = outcome.value
        expect(display.split('@')).toHaveLength(2)
        expect(ascii).toMatch(/^[^\s@"(),:;<>[\\\]]{1,64}@([a-z0-9-]{1,63}\.)+[a-z0-9-]{1,63}$/u)
        expect(Buffer.byteLength(display)).toBeLessThanOrEqual(254)
        expect(emailRule.check(display)).toEqual(outcome)
        expect(emailRule.check(ascii)).toEqual(outcome)
      }),
      { numRuns: 5000 },
    )
  })

  test('every ordinary e-mail address is accepted', () => {
    fc.assert(fc.property(fc.emailAddress({ size: 'small' }), (address) => codeOf(address) === 'accepted'))
  })
})
