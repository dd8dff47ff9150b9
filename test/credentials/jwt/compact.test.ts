import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseMembers, readJwsHeader } from '../../../src/credentials/jwt/compact.ts'

const LIMIT = { maxLength: 4096 }
const HEADER = { alg: 'ES256', typ: 'at+jwt', kid: 'k' }
const part = (value: unknown) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const jws = (header: unknown, payload: unknown = {}, signature = 'AAAA') =>
  `${part(header)}.${part(payload)}.${signature}`

describe('the shape of a compact JWS', () => {
  test('a right one gives its header', () => {
    expect(readJwsHeader(jws(HEADER), LIMIT)).toEqual(HEADER)
    expect(readJwsHeader(jws({ alg: 'EdDSA' }), LIMIT)).toEqual({ alg: 'EdDSA' })
  })

  test.each(['none', 'None', 'nOnE', 'HS256', 'HS512', 'es256', 'ES384', 'ES256K', 'RSA-OAEP', '', 1, null, ['ES256']])(
    'the algorithm %j is refused (S60)',
    (alg) => {
      expect(readJwsHeader(jws({ ...HEADER, alg }), LIMIT)).toBeUndefined()
    },
  )

  test('a header without an algorithm is refused (S60)', () => {
    expect(readJwsHeader(jws({ typ: 'at+jwt' }), LIMIT)).toBeUndefined()
  })

  test.each([{ path: '../../dev/null' }, 1, null, ['k'], true])('the kid %j is refused (S61)', (kid) => {
    expect(readJwsHeader(jws({ ...HEADER, kid }), LIMIT)).toBeUndefined()
  })

  test.each([
    ['an unknown extension', { ...HEADER, crit: ['exp'], exp: 1 }],
    ['an empty crit', { ...HEADER, crit: [] }],
    ['an unencoded payload', { ...HEADER, b64: false, crit: ['b64'] }],
    ['b64 without crit', { ...HEADER, b64: false }],
    ['b64 true', { ...HEADER, b64: true }],
  ])('%s is refused (S62, RFC 7797 §6)', (_, header) => {
    expect(readJwsHeader(jws(header), LIMIT)).toBeUndefined()
  })

  test.each([
    ['a repeated alg', '{"alg":"ES256","alg":"ES256"}'],
    ['a repeated member in an escape', '{"alg":"ES256","al\\u0067":"RS256"}'],
    ['a repeated member with white space', '{"alg" :"ES256","kid":"a","kid"\t:"b"}'],
    ['a repeated member further down', '{"alg":"ES256","jwk":{"x":1,"x":2}}'],
    ['an array', '[{"alg":"ES256"}]'],
    ['null', 'null'],
    ['a text', '"ES256"'],
    ['something behind it', '{"alg":"ES256"}x'],
    ['no JSON', '{alg:"ES256"}'],
    ['a byte order mark', '\ufeff{"alg":"ES256"}'],
  ])('a header that is %s is refused (S62)', (_, header) => {
    expect(readJwsHeader(jws(header), LIMIT)).toBeUndefined()
  })

  test('a header that is no UTF-8 is refused (S62)', () => {
    const header = Buffer.from('{"alg":"ES256","kid":"\xff"}', 'latin1').toString('base64url')
    expect(readJwsHeader(`${header}.e30.AAAA`, LIMIT)).toBeUndefined()
  })

  test.each([
    ['two parts', `${part(HEADER)}.e30`],
    ['four parts', `${jws(HEADER)}.AAAA`],
    ['the five parts of an encrypted token', `${part({ alg: 'dir', enc: 'A256GCM' })}.AAAA.AAAA.AAAA.AAAA`],
    ['an empty signature', `${part(HEADER)}.e30.`],
    ['an empty payload', `${part(HEADER)}..AAAA`],
    ['padding', `${part(HEADER)}.e30=.AAAA`],
    ['a space', `${part(HEADER)}.e30.AA AA`],
    ['a new line behind it', `${jws(HEADER)}\n`],
    ['a space before it', ` ${jws(HEADER)}`],
    ['base64 that is not base64url', `${part(HEADER)}.e30.AA+/`],
    ['a length that no bytes have', `${part(HEADER)}.e30.AAAAA`],
    ['bits that say nothing', `${part(HEADER)}.e30.AAB`],
  ])('%s is refused (S62)', (_, text) => {
    expect(readJwsHeader(text, LIMIT)).toBeUndefined()
  })

  test('a part is accepted exactly where it is how its bytes are written (S62)', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    for (const start of ['', 'A', '_9', 'z-0', 'e30e']) {
      for (const last of alphabet) {
        const text = start + last
        const isCanonical = Buffer.from(text, 'base64url').toString('base64url') === text
        expect(readJwsHeader(`${part(HEADER)}.e30.${text}`, LIMIT) !== undefined, text).toBe(isCanonical)
      }
    }
  })

  test('what is too long is refused (S45, S62)', () => {
    const text = jws(HEADER, { a: 'x'.repeat(100_000) })
    expect(readJwsHeader(text, LIMIT)).toBeUndefined()
    expect(readJwsHeader(text, { maxLength: text.length })).toEqual(HEADER)
  })
})

describe('the members of a JSON object', () => {
  test('names are repeated within one object only', () => {
    const value = { a: [{ x: 1 }, { x: 2 }], b: { x: '"x":1,"x":2', y: '{' }, c: 'b' }
    expect(parseMembers(Buffer.from(JSON.stringify(value)))).toEqual(value)
  })

  test('every object is read as JSON reads it', () => {
    const anyObject = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.stringify(value))
    fc.assert(
      fc.property(anyObject, (text) => {
        expect(parseMembers(Buffer.from(text))).toEqual(JSON.parse(text))
      }),
    )
  })

  test('a name given twice is found wherever it stands', () => {
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
