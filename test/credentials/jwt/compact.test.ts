import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseMembers, readJwsHeader, splitJws } from '../../../src/credentials/jwt/compact.ts'

const LIMIT = { maxLength: 4096 }
const HEADER = { alg: 'ES256', typ: 'at+jwt', kid: 'k' }
const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const jws = (header: unknown, payload: unknown = {}, signature = 'AAAA') =>
  `${part(header)}.${part(payload)}.${signature}`

/** What is read of the header if the whole text is well-formed. */
function headerOf(text: string, limit = LIMIT) {
  const parts = splitJws(text, limit)
  return parts && readJwsHeader(parts)
}

describe('the header of a compact JWS', () => {
  test('a well-formed compact JWS gives its header', () => {
    expect(headerOf(jws(HEADER))).toEqual(HEADER)
    expect(headerOf(jws({ alg: 'EdDSA' }))).toEqual({ alg: 'EdDSA' })
  })

  test.each(['none', 'None', 'nOnE', 'HS256', 'HS512', 'es256', 'ES384', 'ES256K', 'RSA-OAEP', '', 1, null, ['ES256']])(
    'the algorithm %j in a JWS header is refused (S60)',
    (alg) => {
      expect(headerOf(jws({ ...HEADER, alg }))).toBeUndefined()
    },
  )

  test('a JWS header without an algorithm is refused (S60)', () => {
    expect(headerOf(jws({ typ: 'at+jwt' }))).toBeUndefined()
  })

  test.each([{ path: '../../dev/null' }, 1, null, ['k'], true])(
    'the kid %j in a JWS header is refused (S61)',
    (kid) => {
      expect(headerOf(jws({ ...HEADER, kid }))).toBeUndefined()
    },
  )

  test.each([
    ['an unknown extension', { ...HEADER, crit: ['exp'], exp: 1 }],
    ['an empty crit', { ...HEADER, crit: [] }],
    ['an unencoded payload', { ...HEADER, b64: false, crit: ['b64'] }],
    ['b64 without crit', { ...HEADER, b64: false }],
    ['b64 true', { ...HEADER, b64: true }],
  ])('a JWS header with %s is refused (S62, RFC 7797 §6)', (_, header) => {
    expect(headerOf(jws(header))).toBeUndefined()
  })

  test.each([
    ['a repeated alg', '{"alg":"ES256","alg":"ES256"}'],
    ['a repeated member in an escape', '{"alg":"ES256","al\\u0067":"RS256"}'],
    ['a repeated member with white space', '{"alg" :"ES256","kid":"a","kid"\t:"b"}'],
    ['a repeated nested member', '{"alg":"ES256","jwk":{"x":1,"x":2}}'],
    ['an array', '[{"alg":"ES256"}]'],
    ['null', 'null'],
    ['a string', '"ES256"'],
    ['followed by something', '{"alg":"ES256"}x'],
    ['not JSON', '{alg:"ES256"}'],
    ['a byte order mark', '\ufeff{"alg":"ES256"}'],
  ])('a JWS header that is %s is refused (S62)', (_, header) => {
    expect(headerOf(jws(header))).toBeUndefined()
  })

  test('a JWS header that is not UTF-8 is refused (S62)', () => {
    const header = Buffer.from('{"alg":"ES256","kid":"\xff"}', 'latin1').toString('base64url')
    expect(headerOf(`${header}.e30.AAAA`)).toBeUndefined()
  })

  test.each([
    ['two parts', `${part(HEADER)}.e30`],
    ['four parts', `${jws(HEADER)}.AAAA`],
    ['the five parts of an encrypted token', `${part({ alg: 'dir', enc: 'A256GCM' })}.AAAA.AAAA.AAAA.AAAA`],
    ['an empty signature', `${part(HEADER)}.e30.`],
    ['an empty payload', `${part(HEADER)}..AAAA`],
    ['padding', `${part(HEADER)}.e30=.AAAA`],
    ['a space', `${part(HEADER)}.e30.AA AA`],
    ['a new line at the end', `${jws(HEADER)}\n`],
    ['a space at the start', ` ${jws(HEADER)}`],
    ['base64 that is not base64url', `${part(HEADER)}.e30.AA+/`],
    ['a length that no byte count has', `${part(HEADER)}.e30.AAAAA`],
    ['stray bits', `${part(HEADER)}.e30.AAB`],
  ])('a compact JWS with %s is refused (S62)', (_, text) => {
    expect(headerOf(text)).toBeUndefined()
  })

  test('a part of a JWS is accepted only in the canonical encoding of its bytes (S62)', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (const start of ['', 'A', '_9', 'z-0', 'e30e']) {
      for (const last of alphabet) {
        const text = start + last
        const isCanonical = Buffer.from(text, 'base64url').toString('base64url') === text
        expect(headerOf(`${part(HEADER)}.e30.${text}`) !== undefined, text).toBe(isCanonical)
      }
    }
  })

  test('a JWS that is too long is refused (S45, S62)', () => {
    const text = jws(HEADER, { a: 'x'.repeat(100_000) })
    expect(headerOf(text)).toBeUndefined()
    expect(headerOf(text, { maxLength: text.length })).toEqual(HEADER)
  })
})

describe('parseMembers', () => {
  test('the same member name in different JSON objects is accepted', () => {
    const value = { a: [{ x: 1 }, { x: 2 }], b: { x: '"x":1,"x":2', y: '{' }, c: 'b' }
    expect(parseMembers(Buffer.from(JSON.stringify(value)))).toEqual(value)
  })

  test('parseMembers reads every JSON object as JSON.parse does', () => {
    const anyObject = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value))
    fc.assert(
      fc.property(anyObject, (text) => {
        expect(parseMembers(Buffer.from(text))).toEqual(JSON.parse(text))
      }),
    )
  })

  test('a member name repeated within a JSON object is found at any depth', () => {
    const anyName = fc.string()
    fc.assert(
      fc.property(anyName, fc.jsonValue(), fc.jsonValue(), (name, one, other) => {
        const member = (value: unknown) => `${JSON.stringify(name)}:${JSON.stringify(value)}`
        const text = `{"outer":[{${member(one)},${member(other)}}]}`
        expect(parseMembers(Buffer.from(text))).toBeUndefined()
      }),
    )
  })
})
