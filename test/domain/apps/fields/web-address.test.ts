import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { homepageRule, imageRule } from '../../../../src/domain/apps/fields/web-address.ts'

const codeOf = (text: string, rule: { check(text: string): { ok: boolean; code?: string } } = homepageRule) => {
  const outcome = rule.check(text)
  return outcome.ok ? 'accepted' : outcome.code
}

describe('homepageRule', () => {
  test.each([
    ['https://app.example', 'https://app.example', 'https://app.example/'],
    ['http://app.example/', 'http://app.example/', 'http://app.example/'],
    ['HTTPS://App.Example:443/Path', 'https://app.example/Path', 'https://app.example/Path'],
    ['https://app.example:8443?x#y', 'https://app.example:8443?x#y', 'https://app.example:8443/?x#y'],
    ['https://münchen.de/über', 'https://münchen.de/über', 'https://xn--mnchen-3ya.de/%C3%BCber'],
    ['https://mu\u0308nchen.de/u\u0308', 'https://münchen.de/ü', 'https://xn--mnchen-3ya.de/%C3%BC'],
    ['https://xn--mnchen-3ya.de/', 'https://münchen.de/', 'https://xn--mnchen-3ya.de/'],
    ['https://例え.テスト/', 'https://例え.テスト/', 'https://xn--r8jz45g.xn--zckzah/'],
    ['https://evil．com', 'https://evil.com', 'https://evil.com/'],
    ['https://аpple.com/', 'https://аpple.com/', 'https://xn--pple-43d.com/'],
    ['https://xn--mgba3gch31f060k.com/', 'https://xn--mgba3gch31f060k.com/', 'https://xn--mgba3gch31f060k.com/'],
    ['https://app.example/@user', 'https://app.example/@user', 'https://app.example/@user'],
  ])('the homepage %s is kept in both forms (APP-1, APP-2, S06)', (text, display, ascii) => {
    expect(homepageRule.check(text)).toEqual({ ok: true, value: { display, ascii } })
  })

  test.each([
    ['app.example', 'not_a_url'],
    ['//app.example', 'not_a_url'],
    ['/path', 'not_a_url'],
    ['https:app.example', 'not_a_url'],
    ['https:/app.example', 'not_a_url'],
    ['https:///app.example', 'not_a_url'],
    ['https://', 'not_a_url'],
    ['https://?x', 'not_a_url'],
    ['https://app.example:99999/', 'not_a_url'],
    ['javascript:alert(1)', 'scheme_not_allowed'],
    ['JaVaScRiPt://app.example/%0aalert(1)', 'scheme_not_allowed'],
    ['data:text/html,x', 'scheme_not_allowed'],
    ['vbscript:x', 'scheme_not_allowed'],
    ['ftp://app.example/', 'scheme_not_allowed'],
    ['mailto:a@app.example', 'scheme_not_allowed'],
    [' javascript:alert(1)', 'forbidden_character'],
    ['java\tscript:alert(1)', 'forbidden_character'],
    ['java\nscript:alert(1)', 'forbidden_character'],
    ['\x01javascript:alert(1)', 'forbidden_character'],
    ['javascript\u200b:alert(1)', 'forbidden_character'],
    ['ｊavascript:alert(1)', 'not_a_url'],
    ['https://app.example/ ', 'forbidden_character'],
    ['https://app.example/a b', 'forbidden_character'],
    ['https://app.example/\u3000', 'forbidden_character'],
    ['https://app.example\\@evil.example', 'forbidden_character'],
    ['https://app.example/"><script>', 'forbidden_character'],
    ['https://app.example/\u202egpj', 'forbidden_character'],
    ['https://app.example/\ud800', 'forbidden_character'],
    ['https://app\u00ad.example/', 'forbidden_character'],
    ['https://user:pass@app.example/', 'has_userinfo'],
    ['https://@app.example/', 'has_userinfo'],
    ['https://app.example＠evil.example/', 'host_not_allowed'],
    ['https://app.example／evil.example/', 'host_not_allowed'],
    ['https://app.example＃.evil.example/', 'host_not_allowed'],
    ['https://127.0.0.1/', 'host_not_allowed'],
    ['https://2130706433/', 'host_not_allowed'],
    ['https://[::1]/', 'host_not_allowed'],
    ['https://a%2eb.com/', 'host_not_allowed'],
    ['https://app.example:/', 'host_not_allowed'],
    ['https://app.example:80:90/', 'host_not_allowed'],
    ['https://*.example/', 'host_not_allowed'],
    ['https://xn--a.com/', 'host_not_allowed'],
  ])('the homepage %j is refused: %s (APP-4, S05, S06, S07)', (text, code) => {
    expect(codeOf(text)).toBe(code)
    expect(codeOf(text, imageRule)).toBe(code)
  })

  test('the error about a refused homepage does not repeat its password', () => {
    for (const text of [
      'https://me:hunter2@app.example/',
      'ftp://me:hunter2@h/',
      'https://me:hunter2@h/ ',
      'me:hunter2@h',
    ])
      expect(JSON.stringify(homepageRule.check(text))).not.toContain('hunter2')
  })

  test('a Latin-1 URL gives the same result however often it is checked, unlike URL.canParse of Node 20', () => {
    for (let round = 0; round < 30_000; round += 1)
      if (codeOf('https://münchen.de/ü') !== 'accepted') expect.unreachable(`refused in round ${round}`)
  })

  test('a homepage whose ASCII form is longer than 2048 is refused by its length', () => {
    expect(codeOf(`https://app.example/${'a'.repeat(2028)}`)).toBe('accepted')
    expect(codeOf(`https://app.example/${'ü'.repeat(400)}`)).toBe('too_long')
  })

  test('an accepted homepage is accepted again unchanged, and its display form leads to its ASCII form (APP-2)', () => {
    const part = fc.constantFrom(
      'a',
      'ü',
      'u\u0308',
      'ß',
      '.',
      '/',
      '..',
      '?',
      '#',
      ':',
      '8080',
      '443',
      '%2e',
      '%',
      '=',
      '\u0338',
      'xn--',
      'א',
      '\u200c',
      '．',
    )
    const text = fc.oneof(
      fc.webUrl({ withFragments: true, withQueryParameters: true }),
      fc.array(part, { maxLength: 12 }).map((all) => `https://a${all.join('')}`),
      fc.string({ unit: 'grapheme' }).map((all) => `http://app.example/${all}`),
      fc.string({ unit: 'binary' }).map((all) => `HTTPS://ü.example${all}`),
    )
    fc.assert(
      fc.property(text, (given) => {
        const outcome = homepageRule.check(given)
        if (!outcome.ok) return
        const { display, ascii } = outcome.value
        expect(homepageRule.check(display)).toEqual(outcome)
        expect(new URL(display).href).toBe(ascii)
        expect(new URL(ascii).href).toBe(ascii)
        expect(new URL(given).href.normalize('NFC')).toBe(new URL(given).href)
        expect(ascii).toMatch(/^https?:\/\/[\x21-\x7e]+$/)
        const again = homepageRule.check(ascii)
        expect(again.ok && again.value.ascii).toBe(ascii)
      }),
      { numRuns: 10_000 },
    )
  })
})

describe('imageRule', () => {
  test('imageRule keeps the ASCII form (APP-1)', () => {
    expect(imageRule.check('https://münchen.de/logo_ü.png')).toEqual({
      ok: true,
      value: 'https://xn--mnchen-3ya.de/logo_%C3%BC.png',
    })
  })

  test('imageRule accepts only https (APP-1)', () => {
    expect(codeOf('http://app.example/logo.png', imageRule)).toBe('scheme_not_allowed')
  })
})
