import { createSecretKey } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createDpopNonces } from '../../../src/credentials/dpop-nonces.ts'
import {
  createProofReader,
  DPOP_ALGORITHMS,
  type ProofReader,
  type ProvenRequest,
  proofNameOf,
} from '../../../src/credentials/jwt/dpop-proof.ts'
import { athOf, dpopKey, type ProofOf, unsigned } from '../../support/dpop.ts'

const NOW = 1_800_000_000_000
const URL_OF_API = 'https://api.example/calls'
const SECOND = 1000
const key = await dpopKey()
const other = await dpopKey()
const TOKEN = 'ag_at_token'
const REQUEST = { method: 'GET', url: URL_OF_API, token: TOKEN }
const VALID: ProofOf = { ...REQUEST, at: NOW }

const read = (text: string, request: ProvenRequest = REQUEST, reader: ProofReader = createProofReader()) =>
  reader.read(text, request, NOW)
const faultOf = (result: ReturnType<typeof read>) => (typeof result === 'string' ? result : 'none')
/** A reader that remembers the key. */
const warm = createProofReader()
const first = read(await key.prove(VALID), REQUEST, warm)
if (typeof first === 'string' || (await warm.signerOf(first)) !== key.jkt) throw new Error('no proof')

describe('a proof of possession (RFC 9449 §4.3)', () => {
  it.each(DPOP_ALGORITHMS)('a proof with %s is by the key that it contains (DPOP-1)', async (alg) => {
    const signer = await dpopKey(alg)
    const reader = createProofReader()
    for (const _ of ['loaded', 'remembered']) {
      const proof = read(await signer.prove(VALID), REQUEST, reader)
      if (typeof proof === 'string') throw new Error(proof)
      expect(await reader.signerOf(proof)).toBe(signer.jkt)
    }
  })

  it('is remembered by at most 86 characters, however long its id is, and by others for another key or id (DPOP-7)', async () => {
    const names = new Set<string>()
    for (const length of [1, 43, 44, 127, 128])
      for (const by of [key, other]) {
        const proof = read(await by.prove({ ...VALID, claims: { jti: 'j'.repeat(length) } }))
        if (typeof proof === 'string') throw new Error(proof)
        names.add(proofNameOf(proof, by.jkt))
      }
    expect(names.size).toBe(10)
    for (const name of names) expect(name.length).toBeLessThanOrEqual(86)
  })

  const FAULTS: Readonly<Record<string, readonly [Partial<ProofOf>, string]>> = {
    'of 61 s ago': [{ at: NOW - 61 * SECOND }, 'proof_time'],
    'of 61 s ahead': [{ at: NOW + 61 * SECOND }, 'proof_time'],
    'of 60 s ago': [{ at: NOW - 60 * SECOND }, 'none'],
    'of 60 s ahead': [{ at: NOW + 60 * SECOND }, 'none'],
    'without jti': [{ claims: { jti: undefined } }, 'malformed_proof'],
    'with an empty jti': [{ claims: { jti: '' } }, 'malformed_proof'],
    'with a jti of 129 characters': [{ claims: { jti: 'j'.repeat(129) } }, 'malformed_proof'],
    'without htm': [{ claims: { htm: undefined } }, 'malformed_proof'],
    'without htu': [{ claims: { htu: undefined } }, 'malformed_proof'],
    'without iat': [{ claims: { iat: undefined } }, 'malformed_proof'],
    'with iat as text': [{ claims: { iat: String(NOW / 1000) } }, 'malformed_proof'],
    'of typ JWT': [{ header: { typ: 'JWT' } }, 'malformed_proof'],
    'of typ at+jwt': [{ header: { typ: 'at+jwt' } }, 'malformed_proof'],
    'without typ': [{ header: { typ: undefined } }, 'malformed_proof'],
    'of typ application/DPoP+JWT': [{ header: { typ: 'application/DPoP+JWT' } }, 'none'],
    'without jwk': [{ header: { jwk: undefined } }, 'malformed_proof'],
    'with a jwk that has d': [{ header: { jwk: key.privateJwk } }, 'malformed_proof'],
    'with a jwk of another type': [{ header: { jwk: { kty: 'oct', k: 'AA' } } }, 'malformed_proof'],
    'with a jwk for another algorithm': [{ header: { jwk: { ...key.jwk, alg: 'ES384' } } }, 'malformed_proof'],
    'with a jwk as text': [{ header: { jwk: 'key' } }, 'malformed_proof'],
    'with crit': [{ header: { crit: ['b64'], b64: true } }, 'malformed_proof'],
    'for another method': [{ method: 'POST' }, 'proof_method'],
    'for the method in lower case': [{ method: 'get' }, 'proof_method'],
    'for another host': [{ url: 'https://evil.example/calls' }, 'proof_url'],
    'for another path': [{ url: 'https://api.example/calls/1' }, 'proof_url'],
    'for another scheme': [{ url: 'http://api.example/calls' }, 'proof_url'],
    'for another port': [{ url: 'https://api.example:444/calls' }, 'proof_url'],
    'for a URL with a user name': [{ url: 'https://me@api.example/calls' }, 'proof_url'],
    'for a text that is not a URL': [{ url: 'calls' }, 'proof_url'],
    'for a path in another case': [{ url: 'https://api.example/Calls' }, 'proof_url'],
    'for an escaped slash': [{ url: 'https://api.example/%2Fcalls' }, 'proof_url'],
    'for the default port': [{ url: 'https://api.example:443/calls' }, 'none'],
    'for a host in upper case': [{ url: 'HTTPS://API.example/calls' }, 'none'],
    'with a query': [{ url: `${URL_OF_API}?page=2` }, 'none'],
    'with a fragment': [{ url: `${URL_OF_API}#top` }, 'none'],
    'for dot segments': [{ url: 'https://api.example/x/../calls' }, 'none'],
    'for an escape that is not needed': [{ url: 'https://api.example/c%61lls' }, 'none'],
    'for another token': [{ claims: { ath: athOf('other') } }, 'proof_token'],
    'without ath': [{ token: undefined as never }, 'proof_token'],
    'with an ath that is not text': [{ claims: { ath: [athOf(TOKEN)] } }, 'proof_token'],
  }
  it.each(Object.entries(FAULTS))('a proof %s is checked before any key work (DPOP-1)', async (_, [changed, fault]) => {
    const text = await key.prove({ ...VALID, ...changed })
    for (const reader of [createProofReader(), warm]) expect(faultOf(read(text, REQUEST, reader))).toBe(fault)
  })

  it.each(['none', 'HS256', 'ES384', 'None', ''])('a proof with alg %j is refused (DPOP-1, S60)', async (alg) => {
    const claims = { jti: 'j', htm: 'GET', htu: URL_OF_API, iat: NOW / 1000, ath: athOf(TOKEN) }
    expect(read(unsigned({ typ: 'dpop+jwt', alg, jwk: key.jwk }, claims))).toBe('malformed_proof')
  })

  it('two proofs in one header, other texts and what is too long are refused (DPOP-1, S45, S62)', async () => {
    const proof = await key.prove(VALID)
    const texts = ['', 'x', `${proof}, ${proof}`, `${proof}.x`, `${proof}\n`, `${proof}=`, 'a'.repeat(100_000)]
    for (const text of texts) expect(read(text)).toBe('malformed_proof')
    expect(read(await key.prove({ ...VALID, claims: { x: 'x'.repeat(4096) } }))).toBe('malformed_proof')
  })

  it('a proof by another key than it contains, or with a changed claim, has no signer (DPOP-1, S61)', async () => {
    const foreign = await key.prove({ ...VALID, header: { jwk: other.jwk } })
    const [head = '', , signature = ''] = (await key.prove(VALID)).split('.')
    const [, body = ''] = (await key.prove(VALID)).split('.')
    const low = { kty: 'OKP', crv: 'Ed25519', x: Buffer.alloc(32).toString('base64url') }
    const claims = { jti: 'j', htm: 'GET', htu: URL_OF_API, iat: NOW / 1000, ath: athOf(TOKEN) }
    const forged = unsigned({ typ: 'dpop+jwt', alg: 'EdDSA', jwk: low }, claims)
    const offCurve = unsigned({ typ: 'dpop+jwt', alg: 'ES256', jwk: { ...key.jwk, y: key.jwk.x } }, claims)
    for (const text of [foreign, `${head}.${body}.${signature}`, forged, offCurve])
      for (const reader of [createProofReader(), warm]) {
        const proof = read(text, REQUEST, reader)
        if (typeof proof === 'string') throw new Error(proof)
        expect(await reader.signerOf(proof)).toBeUndefined()
      }
  })

  it('a key that is remembered does not verify what another one has signed (DPOP-1)', async () => {
    const [head = ''] = (await key.prove(VALID)).split('.')
    const [, ...others] = (await other.prove(VALID)).split('.')
    const mixed = read([head, ...others].join('.'), REQUEST, warm)
    if (typeof mixed === 'string') throw new Error(mixed)
    expect(mixed).toMatchObject({ signer: { thumbprint: key.jkt } })
    expect(await warm.signerOf(mixed)).toBeUndefined()
  })

  it('the key of a proof with a wrong signature is not remembered (DPOP-1)', async () => {
    const reader = createProofReader()
    const [head = '', body = ''] = (await key.prove(VALID)).split('.')
    const [, , signature = ''] = (await other.prove(VALID)).split('.')
    for (const _ of ['first', 'again']) {
      const forged = read([head, body, signature].join('.'), REQUEST, reader)
      expect(forged).toMatchObject({ signer: { jwk: key.jwk } })
      if (typeof forged !== 'string') expect(await reader.signerOf(forged)).toBeUndefined()
    }
  })
})

describe('nonces (RFC 9449 §8)', () => {
  const MINUTE = 60_000
  const [one, two] = ['1', '2'].map((text) => createSecretKey(Buffer.from(text.repeat(32))))
  if (!one || !two) throw new Error('no keys')

  it('a nonce is accepted by every node for at least three minutes and at most five, and has 128 bits (DPOP-3)', () => {
    const [here, there] = [createDpopNonces([one]), createDpopNonces([one])]
    const nonce = here.current(NOW)
    expect(nonce).toMatch(/^[\w-]{22}$/)
    const start = Math.floor(NOW / MINUTE) * MINUTE
    for (const at of [start - 1, start, NOW, start + 4 * MINUTE - 1])
      expect(there.endOf(nonce, at)).toBe(start + 4 * MINUTE)
    for (const at of [start - MINUTE - 1, start + 4 * MINUTE]) expect(there.endOf(nonce, at)).toBeUndefined()
    expect(here.current(start + MINUTE)).not.toBe(nonce)
  })

  it('keys are exchanged without a refused proof: the first makes nonces, those of all are accepted (DPOP-3)', () => {
    const [before, during, after] = [[one], [two, one], [two]].map(createDpopNonces)
    const old = before?.current(NOW) ?? ''
    const next = during?.current(NOW) ?? ''
    expect(during?.endOf(old, NOW)).toBeDefined()
    expect(after?.current(NOW)).toBe(next)
    expect(after?.endOf(old, NOW)).toBeUndefined()
    expect(before?.endOf(next, NOW)).toBeUndefined()
  })

  it('with nonces a proof needs one, and its time does not count (DPOP-3)', async () => {
    const nonces = createDpopNonces([one])
    const checked = async (changed: Partial<ProofOf>) =>
      createProofReader(nonces).read(await key.prove({ ...VALID, ...changed }), REQUEST, NOW)
    for (const nonce of [undefined, '', 'x', ['x'] as never])
      expect(await checked({ nonce: nonce as never })).toBe('proof_nonce')
    expect(await checked({ nonce: nonces.current(NOW), at: 0 })).toMatchObject({ id: expect.any(String) })
  })
})
