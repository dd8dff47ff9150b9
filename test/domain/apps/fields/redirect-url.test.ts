import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { matchesRedirect, redirectRule } from '../../../../src/domain/apps/fields/redirect-url.ts'
import { isPrivateUseScheme, type RedirectPolicy } from '../../../../src/domain/input/redirect-policy.ts'

const NOTHING: RedirectPolicy = { loopback: undefined, schemes: new Set() }
const rule = redirectRule({ isPublic: true, policy: NOTHING })
const loopbackRule = redirectRule({ isPublic: true, policy: { ...NOTHING, loopback: 'public' } })
const schemeRule = redirectRule({
  isPublic: true,
  policy: { ...NOTHING, schemes: new Set(['com.example.app', 'cursor']) },
})
const codeOf = (text: string, by = rule) => {
  const outcome = by.check(text)
  return outcome.ok ? 'accepted' : outcome.code
}

describe('redirectRule', () => {
  test.each([
    'https://app.example/',
    'https://app.example/cb',
    'https://app.example/cb/',
    'https://app.example:8443/cb?tenant=1&next=%2Fhome',
    'https://app.example/cb?',
    'https://app.example/a;p=1/b',
    'https://app.example/@user',
    'https://app.example/a...b/..c/file.txt',
    'https://app.example/%C3%BC',
    'https://xn--mnchen-3ya.de/cb',
    'https://127.0.0.1.evil/cb',
    'https://app.localhost/cb',
  ])('the redirect URL %s is accepted unchanged (APP-3)', (text) => {
    expect(rule.check(text)).toEqual({ ok: true, value: text })
  })

  test.each([
    ['https://app.example', 'https://app.example/'],
    ['https://APP.example/cb', 'https://app.example/cb'],
    ['HTTPS://app.example/cb', 'https://app.example/cb'],
    ['https://app.example:443/cb', 'https://app.example/cb'],
    ['https://app.example:/cb', 'https://app.example/cb'],
    ['https://app.example:08443/cb', 'https://app.example:8443/cb'],
    ['https:app.example/cb', 'https://app.example/cb'],
    ['https:/app.example/cb', 'https://app.example/cb'],
    ['https:///app.example/cb', 'https://app.example/cb'],
    ['https://app.example/a/../cb', 'https://app.example/cb'],
    ['https://app.example/a/.b/../cb', 'https://app.example/a/cb'],
    ['https://app.example/a/.b/%2e%2e/cb', 'https://app.example/a/cb'],
    ['https://app.example/./cb', 'https://app.example/cb'],
    ['https://app.example/cb/..', 'https://app.example/'],
    ['https://app.example/a/%2e%2e/cb', 'https://app.example/cb'],
    ['https://app.example/a/.%2E/cb', 'https://app.example/cb'],
    ['https://app.example/file%2etxt', 'https://app.example/file.txt'],
    ['https://app%2eexample/cb', 'https://app.example/cb'],
    ['https://app.example?x=1', 'https://app.example/?x=1'],
    ["https://app.example/?x='1'", 'https://app.example/?x=%271%27'],
  ])('the redirect URL %s is refused with its canonical form as the fix (APP-3, S03)', (text, fix) => {
    expect(rule.check(text)).toEqual({ ok: false, code: 'not_canonical', expected: fix })
    expect(codeOf(fix)).toBe('accepted')
  })

  test.each([
    ['https://münchen.de/cb', 'https://xn--mnchen-3ya.de/cb'],
    ['https://app.example/ü', 'https://app.example/%C3%BC'],
    ['https://app．example/cb', 'https://app.example/cb'],
  ])('the redirect URL %s is refused for its characters, with its ASCII form as the fix (APP-3, S06)', (text, fix) => {
    expect(rule.check(text)).toMatchObject({ ok: false, code: 'forbidden_character', expected: fix })
    expect(codeOf(fix)).toBe('accepted')
  })

  test('no fix is offered for a URL with hidden characters, which its author may not know of (S06)', () => {
    for (const text of ['https://app\u00ad.example/', 'https://app.example/\u202egpj'])
      expect(rule.check(text)).toMatchObject({ expected: expect.stringContaining('printable ASCII') })
  })

  test.each([
    ['', 'not_a_url'],
    ['/cb', 'not_a_url'],
    ['//app.example/cb', 'not_a_url'],
    ['app.example/cb', 'not_a_url'],
    ['https:', 'not_a_url'],
    ['https://', 'not_a_url'],
    ['https://app.example:99999/', 'not_a_url'],
    ['https://[::1/', 'not_a_url'],
    ['https://exa%23mple/', 'not_a_url'],
  ])('the redirect URL %j does not parse (S07)', (text, code) => {
    expect(codeOf(text)).toBe(code)
  })

  test('punycode that decodes to nothing is refused, by the parser of Node 20 or after that of Node 24 (S06)', () => {
    for (const text of ['https://xn--a.com/', 'https://xn--xn---epa.com/', 'https://app.xn--/'])
      expect(codeOf(text)).toMatch(/^(?:not_a_url|host_not_allowed)$/)
  })

  test.each([
    'http://app.example/cb',
    'http://127.0.0.1/cb',
    'http://localhost/cb',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'javascript://app.example/%0aalert(1)',
    'data:text/html,x',
    'vbscript:x',
    'blob:https://app.example/x',
    'file:///etc/passwd',
    'ftp://app.example/',
    'wss://app.example/',
    'com.example.app:/cb',
    'urn:ietf:wg:oauth:2.0:oob',
    'view-source:https://app.example/',
    'httpsx://app.example/',
  ])('the redirect URL %s is refused for its scheme (APP-4, S05)', (text) => {
    expect(codeOf(text)).toBe('scheme_not_allowed')
  })

  test.each([
    ' https://app.example/',
    'https://app.example/ ',
    '\thttps://app.example/',
    'https://app.example/\n',
    'ht\ntps://app.example/',
    'java\tscript:alert(1)',
    '\u0001javascript:alert(1)',
    'java\0script:alert(1)',
    'https://app.example/a\tb',
    'https://app.example/\x7f',
    'https://app.example/\u0085',
    'https://app.example\\@evil.example/',
    'https:\\\\app.example/',
    'https://app.example/..\\cb',
    'https://app.example/"><script>',
    'https://app.example/{id}',
    'https://app.example/a|b',
    'https://app.example/a^b',
    'https://app.example/`',
    'https://app.example＃frag',
    'https://app.example／cb',
    'https://app.example＠evil.example/',
    'https://app\u200b.example/',
    'https://app.example/\u202egpj.cb',
    'https://app\u00ad.example/',
    'https://app.example/%00',
    'https://app.example/%0d%0aSet-Cookie:x',
    'https://app.example/%7F',
    'https://app.example/%zz',
    'https://app.example/%',
    'https://app.example/?x=%0a',
    'https://app.example/a%2fb',
    'https://app.example/a%2F..%2Fb',
    'https://app.example/a%5cb',
    'https://app.example/..;/cb',
    'https://app.example/a/..;x=1/cb',
    'https://app.example/.;/cb',
    'https://app.example/..%3b/cb',
    'https://app.example/%2e%2e;/cb',
    'https://app.example/.%2e%3B/cb',
  ])('the redirect URL %j is refused for a forbidden character (S03, S05, S06)', (text) => {
    expect(codeOf(text)).toBe('forbidden_character')
    expect(codeOf(text, loopbackRule)).toBe('forbidden_character')
  })

  test.each([
    ['https://*.example/cb', 'has_wildcard'],
    ['https://app.example/*', 'has_wildcard'],
    ['https://app.example/?x=*', 'has_wildcard'],
    ['https://app.example/#', 'has_fragment'],
    ['https://app.example/cb#x', 'has_fragment'],
    ['https://app.example/?#', 'has_fragment'],
    ['https://user@app.example/', 'has_userinfo'],
    ['https://user:pass@app.example/', 'has_userinfo'],
    ['https://:pass@app.example/', 'has_userinfo'],
    ['https://@app.example/', 'has_userinfo'],
    ['https://:@app.example/', 'has_userinfo'],
    ['https:user@app.example/', 'has_userinfo'],
    ['https://app.example:80@evil.example/', 'has_userinfo'],
    ['https://127.0.0.1/cb', 'host_not_allowed'],
    ['https://127.1/cb', 'host_not_allowed'],
    ['https://2130706433/cb', 'host_not_allowed'],
    ['https://0x7f000001/cb', 'host_not_allowed'],
    ['https://[::1]/cb', 'host_not_allowed'],
    ['https://192.0.2.1/cb', 'host_not_allowed'],
    ['https://a_b.example/cb', 'host_not_allowed'],
    ['https://-a.example/cb', 'host_not_allowed'],
    ['https://a..example/cb', 'host_not_allowed'],
    ['https://app.example./cb', 'host_not_allowed'],
    ['https://localhost/cb', 'host_not_allowed'],
    ['https://localhost:8443/cb', 'host_not_allowed'],
    [`https://${'a'.repeat(64)}.example/`, 'host_not_allowed'],
  ])('the redirect URL %s is refused as %s (APP-3)', (text, code) => {
    expect(codeOf(text)).toBe(code)
    expect(codeOf(text, loopbackRule)).toBe(code)
  })

  test('the error about a refused redirect URL does not repeat its password', () => {
    for (const text of [
      'https://me:hunter2@app.example/',
      'ftp://me:hunter2@h/',
      'https://me:hunter2@h/ ',
      'me:hunter2@h',
      'https://a:hunter2@h/#',
      'https://a:hunter2@h/*',
      'https://a:hun@ter2@h:x/',
    ])
      expect(JSON.stringify(rule.check(text))).not.toContain('ter2')
  })

  test('a canonical form longer than the limit is refused by its length', () => {
    expect(codeOf(`https://app.example/?${"'".repeat(1000)}`)).toBe('too_long')
  })

  test.each([
    'http://127.0.0.1/cb',
    'http://127.0.0.1:8080/cb',
    'http://[::1]/',
    'http://[::1]:49152/cb?x=1',
    'http://localhost/cb',
    'http://localhost:3000/cb',
    'http://127.0.0.1:33418',
    'http://localhost',
    'http://[::1]:8080',
  ])('the redirect URL %s is accepted only if loopback is allowed (APP-3)', (text) => {
    expect(codeOf(text, loopbackRule)).toBe('accepted')
    expect(rule.check(text)).toMatchObject({
      code: 'scheme_not_allowed',
      expected: expect.stringContaining('redirects.loopback'),
    })
  })

  test("loopback 'public' is for public apps, and 'all' for all (APP-3)", () => {
    const verdict = (isPublic: boolean, loopback: 'public' | 'all') =>
      codeOf('http://localhost/cb', redirectRule({ isPublic, policy: { ...NOTHING, loopback } }))
    expect([verdict(true, 'public'), verdict(false, 'public')]).toEqual(['accepted', 'scheme_not_allowed'])
    expect([verdict(true, 'all'), verdict(false, 'all')]).toEqual(['accepted', 'accepted'])
  })

  test.each(['com.example.app:/cb', 'com.example.app://cb', 'com.example.app://h/cb?x=1', 'cursor://host/cb'])(
    'the redirect URL %s is accepted if its scheme is listed and the app is public (APP-3, RFC 8252 §7.1)',
    (text) => {
      expect(schemeRule.check(text)).toEqual({ ok: true, value: text })
      const confidential = redirectRule({
        isPublic: false,
        policy: { ...NOTHING, schemes: new Set(['com.example.app', 'cursor']) },
      })
      for (const by of [rule, loopbackRule, confidential])
        expect(by.check(text)).toMatchObject({
          code: 'scheme_not_allowed',
          expected: expect.stringContaining('redirects.schemes'),
        })
    },
  )

  test.each([
    ['com.example.app.evil:/cb', 'scheme_not_allowed'],
    ['com.example.ap:/cb', 'scheme_not_allowed'],
    ['xcom.example.app:/cb', 'scheme_not_allowed'],
    ['Com.example.app:/cb', 'not_canonical'],
    ['com.example.app:cb', 'not_a_url'],
    ['com.example.app:', 'not_a_url'],
    ['com.example.app:/a/../cb', 'not_canonical'],
    ['com.example.app:/cb#x', 'has_fragment'],
    ['com.example.app:/*', 'has_wildcard'],
    ['com.example.app://user@h/cb', 'has_userinfo'],
    ['com.example.app:/cb?code=1', 'reserved_parameter'],
    ['com.example.app:/a%2fb', 'forbidden_character'],
    ['http://127.0.0.1/cb', 'scheme_not_allowed'],
  ])('%s is refused as a private-use redirect: %s (APP-3)', (text, code) => {
    expect(codeOf(text, schemeRule)).toBe(code)
  })

  test.each([
    'javascript',
    'data',
    'vbscript',
    'file',
    'blob',
    'about',
    'http',
    'https',
    'intent',
    'A',
    'a b',
    '',
    '1a',
    'a:',
  ])('%j is no private-use scheme (APP-3, S05)', (scheme) => {
    expect(isPrivateUseScheme(scheme)).toBe(false)
  })

  test.each(['code', 'state', 'iss', 'error', 'error_description', 'response'])(
    'a redirect URL with the parameter %s in its query is refused (APP-3)',
    (name) => {
      const encoded = `%${name.charCodeAt(0).toString(16)}${name.slice(1)}`
      for (const query of [`${name}=x`, `a=b&${name}`, `${encoded}=x`])
        expect(rule.check(`https://app.example/cb?${query}`)).toMatchObject({
          code: 'reserved_parameter',
          received: name,
        })
      for (const query of [`x_${name}=1`, `${name.toUpperCase()}=1`, `x=${name}`])
        expect(codeOf(`https://app.example/cb?${query}`)).toBe('accepted')
    },
  )

  test.each([
    ['http://LOCALHOST/cb', 'not_canonical'],
    ['http://localhost./cb', 'scheme_not_allowed'],
    ['http://app.localhost/cb', 'scheme_not_allowed'],
    ['http://localhost.evil/cb', 'scheme_not_allowed'],
    ['http://127.0.0.1.evil/cb', 'scheme_not_allowed'],
    ['http://127x0x0x1/cb', 'scheme_not_allowed'],
    ['http://127.0.0.2/cb', 'scheme_not_allowed'],
    ['http://0.0.0.0/cb', 'scheme_not_allowed'],
    ['http://[::ffff:127.0.0.1]/cb', 'scheme_not_allowed'],
    ['http://[::2]/cb', 'scheme_not_allowed'],
    ['http://2130706433/cb', 'not_canonical'],
    ['http://0x7f.1/cb', 'not_canonical'],
    ['http://0177.0.0.1/cb', 'not_canonical'],
    ['http://127.1/cb', 'not_canonical'],
    ['http://127.0.0.1./cb', 'not_canonical'],
    ['http://[0:0:0:0:0:0:0:1]/cb', 'not_canonical'],
    ['http://127.0.0.1:80/cb', 'not_canonical'],
    ['http://127.0.0.1:80', 'not_canonical'],
    ['http://127.0.0.1?x=1', 'not_canonical'],
    ['http://127.1', 'not_canonical'],
    ['http://evil@127.0.0.1/cb', 'has_userinfo'],
  ])('%s is refused as a loopback redirect: %s (S04)', (text, code) => {
    expect(codeOf(text, loopbackRule)).toBe(code)
  })

  const piece = fc.constantFrom(
    'https://',
    'HTTPS:',
    'http://',
    '127.0.0.1',
    '[::1]',
    'app.example',
    'ü',
    '/',
    '..',
    '.',
    '%2e',
    '%2f',
    ';',
    '?',
    '#',
    '@',
    ':',
    '443',
    '8080',
    '\\',
    "'",
    '%',
    ' ',
    '*',
    'xn--',
    '//',
  )
  const anyUrl = fc.oneof(
    fc.webUrl({ withFragments: true, withQueryParameters: true, validSchemes: ['https', 'http'] }),
    fc.array(piece, { maxLength: 10 }).map((all) => all.join('')),
    fc.array(piece, { maxLength: 8 }).map((all) => `https://app.example/${all.join('')}`),
    fc.string({ unit: 'binary' }),
  )

  test('an accepted redirect URL is what a parser writes, and the fix for a refused one is accepted (APP-3)', () => {
    fc.assert(
      fc.property(anyUrl, fc.boolean(), (text, allowLoopback) => {
        const by = allowLoopback ? loopbackRule : rule
        const outcome = by.check(text)
        if (outcome.ok) {
          const url = new URL(text)
          expect(outcome.value).toBe(text)
          expect([text, `${text}/`]).toContain(url.href)
          if (url.href !== text) expect(text).toMatch(/^http:\/\/(?:127\.0\.0\.1|\[::1\]|localhost)(?::\d+)?$/)
          expect([url.username, url.password, url.hash]).toEqual(['', '', ''])
          expect(text).toMatch(/^[\x21-\x7e]+$/)
          expect(text).not.toMatch(/[\\*#<>"]/)
          expect(url.pathname).not.toMatch(/%2e|%2f|%5c|\/\.\.?[/;]/i)
          if (url.protocol !== 'https:')
            expect([allowLoopback, url.protocol, ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname)]).toEqual([
              true,
              'http:',
              true,
            ])
        } else if (outcome.code === 'not_canonical' || URL.canParse(outcome.expected)) {
          expect(by.check(outcome.expected)).toEqual({ ok: true, value: outcome.expected })
        }
      }),
      { numRuns: 10_000 },
    )
  })
})

describe('matchesRedirect', () => {
  test.each([
    'https://app.example/CB',
    'https://app.example/cb/',
    'https://app.example/cb?x=1',
    'https://app.example/cb?',
    'https://app.example/cb;p=1',
    'https://app.example/cb#',
    'https://app.example/cb#x',
    'https://app.example/cb\t',
    'https://app.example/cb\n',
    ' https://app.example/cb',
    'https://app.example/c%62',
    'https://app.example/x/../cb',
    'https://app.example/x/..;/cb',
    'https://app.example:443/cb',
    'https://app.example:8443/cb',
    'https://APP.example/cb',
    'HTTPS://app.example/cb',
    'http://app.example/cb',
    'https://app.example',
    'https://app.example/',
    'https://app.example/c',
    'https://user@app.example/cb',
    'https://app.example\\cb',
    'https://app．example/cb',
    '',
  ])('%j does not match the registered https://app.example/cb (S02, S03)', (asked) => {
    expect(matchesRedirect('https://app.example/cb', asked)).toBe(false)
  })

  test('a redirect URL matches the identical string', () => {
    expect(matchesRedirect('https://app.example/cb', 'https://app.example/cb')).toBe(true)
  })

  test.each([
    ['http://127.0.0.1/cb', 'http://127.0.0.1:8080/cb'],
    ['http://127.0.0.1:9/cb', 'http://127.0.0.1:65535/cb'],
    ['http://127.0.0.1:51004/cb', 'http://127.0.0.1/cb'],
    ['http://[::1]/cb?x=1', 'http://[::1]:1/cb?x=1'],
    ['http://127.0.0.1:33418', 'http://127.0.0.1:50000'],
  ])(
    '%s matches %s because only the port of a loopback redirect may vary (S04, RFC 8252 §7.3)',
    (registered, asked) => {
      expect(matchesRedirect(registered, asked)).toBe(true)
    },
  )

  test.each([
    'http://127.0.0.1:8080/CB',
    'http://127.0.0.1:8080/cb?',
    'http://127.0.0.1:8080/cb\n',
    'http://127.0.0.1:8080/cb#x',
    'http://127.0.0.1:8080',
    'http://127.0.0.1:/cb',
    'http://127.0.0.1:0/cb',
    'http://127.0.0.1:080/cb',
    'http://127.0.0.1:65536/cb',
    'http://127.0.0.1:123456/cb',
    'http://127.0.0.1:8080@evil.example/cb',
    'http://user@127.0.0.1:8080/cb',
    'http://127.0.0.1.evil:8080/cb',
    'http://127.0.0.1.evil/cb',
    'http://127x0x0x1/cb',
    'http://127.0.0.2/cb',
    'http://127.1/cb',
    'http://2130706433/cb',
    'http://0177.0.0.1/cb',
    'http://localhost/cb',
    'http://localhost.evil/cb',
    'http://[::1]/cb',
    'HTTP://127.0.0.1/cb',
    'https://127.0.0.1/cb',
    'https://127.0.0.1:8080/cb',
  ])('%j does not match the registered http://127.0.0.1/cb (S04)', (asked) => {
    expect(matchesRedirect('http://127.0.0.1/cb', asked)).toBe(false)
  })

  test('a loopback redirect without a path is another one than with `/` (APP-3, RFC 8252 §7.3)', () => {
    expect(matchesRedirect('http://127.0.0.1', 'http://127.0.0.1:8080/')).toBe(false)
    expect(matchesRedirect('http://127.0.0.1/', 'http://127.0.0.1:8080')).toBe(false)
  })

  test.each([
    ['http://app.localhost/cb', 'http://app.localhost:8080/cb'],
    ['com.example.app://h/cb', 'com.example.app://h:8080/cb'],
    ['https://127.0.0.1/cb', 'https://127.0.0.1:8080/cb'],
    ['http://127.0.0.2/cb', 'http://127.0.0.2:8080/cb'],
    ['http://127x0x0x1/cb', 'http://127x0x0x1:8080/cb'],
  ])('the port of %s, which is not a loopback redirect, does not match %s (S04)', (registered, asked) => {
    expect(matchesRedirect(registered, asked)).toBe(false)
  })

  test('a value that is not a string, or one of 100 kB, matches nothing (S40, S45)', () => {
    const registered = 'http://127.0.0.1/cb'
    for (const asked of [undefined, null, 1, {}, [registered], { toString: () => 'http://127.0.0.1:1/cb' }])
      expect(matchesRedirect(registered, asked as unknown as string)).toBe(false)
    expect(matchesRedirect(registered, `${registered}${'/'.repeat(100_000)}`)).toBe(false)
  })
})
