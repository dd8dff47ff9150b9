import { generateKeyPairSync, webcrypto } from 'node:crypto'
import { inspect } from 'node:util'
import { calculateJwkThumbprint } from 'jose'
import { describe, expect, test } from 'vitest'
import type { SignatureAlgorithm } from '../../../src/credentials/jwt/compact.ts'
import { loadSignedFormat } from '../../../src/credentials/jwt/signed-format.ts'
import { checkSigning, generateSigningKey, type Jwk } from '../../../src/credentials/jwt/signing-keys.ts'
import { keyObject, newKey, publicPart } from '../../support/signing.ts'

const ALGORITHMS = ['ES256', 'EdDSA', 'PS256', 'RS256'] as const
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi']
const load = (signing: unknown) => loadSignedFormat(checkSigning(signing), { timeoutMs: 1000 })
const importKey = (jwk: Jwk, algorithm: webcrypto.RsaHashedImportParams | { name: string }, extractable = true) =>
  webcrypto.subtle.importKey(
    'jwk',
    { ...jwk, alg: undefined } as unknown as webcrypto.JsonWebKey,
    algorithm,
    extractable,
    ['sign'],
  )

const CLAIMS = {
  iss: 'https://login.example',
  sub: 'u',
  client_id: 'k',
  client_name: 'n',
  owner: 'o',
  aud: 'https://login.example',
  iat: 1000,
  exp: 2000,
  jti: 't',
  kind: 'user',
} as const
const RULES = { issuer: CLAIMS.iss, audience: [CLAIMS.aud], now: 1_500_000, toleranceMs: 0 }

describe('signing keys', () => {
  test.each(ALGORITHMS)(
    'a key for %s from generateSigningKey signs and is published without its private part',
    async (alg) => {
      const current = await generateSigningKey({ alg })
      expect(current).toMatchObject({ alg, kid: await calculateJwkThumbprint(current) })
      const format = await load({ current: JSON.parse(JSON.stringify(current)) })
      const { keys } = format.jwks
      expect(keys).toEqual([{ ...publicPart(current), use: 'sig' }])
      const text = await format.sign(CLAIMS, 'at+jwt')
      expect(await format.read(text, RULES)).toEqual(CLAIMS)
      const header: unknown = JSON.parse(Buffer.from(text.split('.')[0] ?? '', 'base64url').toString())
      expect(header).toEqual({ alg, typ: 'at+jwt', kid: keys[0]?.kid })
    },
  )

  test('generateSigningKey makes ES256 keys by default and refuses algorithms that are not listed', async () => {
    expect(await generateSigningKey()).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256' })
    for (const alg of ['HS256', 'none', 'ES384', 'RSA-OAEP'])
      await expect(generateSigningKey({ alg: alg as SignatureAlgorithm })).rejects.toThrow(/alg: expected one of ES256/)
  })

  test('a signing key may be a KeyObject or a CryptoKey, even one that is not extractable', async () => {
    const [ec, rsa] = [newKey(), newKey('RS256')]
    const hashed = (name: string) => ({ name, hash: 'SHA-256' })
    const forms: [unknown, string][] = [
      [keyObject(ec), 'ES256'],
      [keyObject(newKey('EdDSA')), 'EdDSA'],
      [keyObject(rsa), 'PS256'],
      [await importKey(ec, { name: 'ECDSA', namedCurve: 'P-256' } as { name: string }, false), 'ES256'],
      [await importKey(rsa, hashed('RSASSA-PKCS1-v1_5'), false), 'RS256'],
      [await importKey(rsa, hashed('RSA-PSS')), 'PS256'],
    ]
    for (const [current, alg] of forms) {
      const format = await load({ current })
      expect(format.jwks.keys).toMatchObject([{ alg, use: 'sig' }])
      expect(PRIVATE_MEMBERS.filter((name) => name in (format.jwks.keys[0] ?? {}))).toEqual([])
      expect(await format.read(await format.sign(CLAIMS, 'at+jwt'), RULES)).toEqual(CLAIMS)
    }
  })

  test('a key in another role may be public; all keys are published, the signing key first', async () => {
    const [current, next, previous] = [newKey(), newKey('EdDSA'), newKey('RS256')]
    const format = await load({ previous: publicPart(previous), next: publicPart(next), current })
    expect(format.jwks.keys.map(({ alg }) => alg)).toEqual(['ES256', 'EdDSA', 'RS256'])
  })

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['a string', '-----BEGIN PRIVATE KEY-----'],
    ['an empty object', {}],
    ['a shared secret', { kty: 'oct', k: 'c2VjcmV0' }],
    ['on another curve', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ format: 'jwk' })],
    ['on a curve for key agreement', generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' })],
    ['a short RSA key', generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({ format: 'jwk' })],
    ['an RSA key for PSS only', generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).privateKey],
    ['a public key', publicPart(newKey())],
    ['labeled with another algorithm', { ...newKey(), alg: 'RS256' }],
    ['an RSA key with another digest', { ...newKey('RS256'), alg: 'RS512' }],
    ['a broken key', { ...newKey(), x: 'AAAA' }],
    ['a key held elsewhere that cannot sign', { publicJwk: publicPart(newKey()) }],
    ['a key held elsewhere with its private part', { publicJwk: newKey(), sign: async () => new Uint8Array(64) }],
  ])(
    'a signing key that is %s is a TypeError that names the option and shows nothing of the key (S68)',
    (_, current) => {
      let error: unknown
      try {
        checkSigning({ current })
      } catch (thrown) {
        error = thrown
      }
      expect(error).toBeInstanceOf(TypeError)
      expect((error as Error).message).toMatch(/^createAppGrant: signing\.current(?:\.\w+)?: expected /)
      const { d = 'no private part', k = d } = (typeof current === 'object' ? { ...current } : {}) as Jwk
      expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(String(k))
      expect(inspect(error)).not.toContain('BEGIN')
    },
  )

  test('a CryptoKey that may not sign is refused', async () => {
    const { publicKey } = (await webcrypto.subtle.generateKey({ name: 'Ed25519' }, true, [
      'sign',
      'verify',
    ])) as webcrypto.CryptoKeyPair
    expect(() => checkSigning({ current: publicKey })).toThrow(/a public key cannot sign/)
    const pair = await webcrypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits'])
    expect(() => checkSigning({ current: pair.privateKey })).toThrow(/signing\.current: expected/)
  })

  test('the same key in two roles is refused, whatever its form', () => {
    const key = newKey()
    expect(() => checkSigning({ current: key, previous: publicPart(key) })).toThrow(/a different key for each role/)
    expect(() => checkSigning({ current: key, next: keyObject(key) })).toThrow(/a different key for each role/)
  })
})

describe('signing keys held elsewhere', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const publicJwk = publicKey.export({ format: 'jwk' })
  const signature = async (input: Uint8Array, type: webcrypto.CryptoKey) =>
    new Uint8Array(await webcrypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, type, input))
  const key = () =>
    importKey(privateKey.export({ format: 'jwk' }) as Jwk, { name: 'ECDSA', namedCurve: 'P-256' } as { name: string })

  test('a key held elsewhere signs by its callback', async () => {
    const format = await load({
      current: { publicJwk, sign: async (input: Uint8Array) => signature(input, await key()) },
    })
    expect(await format.read(await format.sign(CLAIMS, 'at+jwt'), RULES)).toEqual(CLAIMS)
  })

  test.each<[string, (input: Uint8Array) => unknown]>([
    ['rejects', async () => Promise.reject(new Error('the service is down'))],
    [
      'throws',
      () => {
        throw new Error('the service is down')
      },
    ],
    ['gives nothing', async () => undefined],
    ['gives a signature of something else', async () => signature(Buffer.from('else'), await key())],
    ['gives zeros', async () => new Uint8Array(64)],
    ['never settles', () => new Promise(() => {})],
  ])('a key held elsewhere whose callback %s signs nothing (S60)', async (_, sign) => {
    const format = await loadSignedFormat(checkSigning({ current: { publicJwk, sign } }), { timeoutMs: 20 })
    await expect(format.sign(CLAIMS, 'at+jwt')).rejects.toThrow()
  })
})
