import { beforeAll, describe, expect, it } from 'vitest'
import type { AppGrantOptions } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { codeOf, refusalOf } from '../support/code-of.ts'
import { type DpopKey, dpopKey, NONCE_KEY, type ProofOf } from '../support/dpop.ts'
import { expectDead, sessionRecord, valuesOf } from '../support/session-checks.ts'
import {
  atOnce,
  createSessionFixture,
  ISSUER,
  MINUTE,
  type OpenStore,
  OTHER_REDIRECT,
  REDIRECT,
  SECOND,
  type TokenOptions,
  type Tokens,
  tokensOf,
} from '../support/session-fixture.ts'

const PARALLEL = 50
const PUBLIC = { public: true, redirectUrls: [REDIRECT, OTHER_REDIRECT] }

/** Codes, sessions and access tokens that are bound to a key, on the stores that `open` gives. */
export function testDpop(open: OpenStore, format: TokenOptions = {}): void {
  let key: DpopKey
  let thief: DpopKey
  beforeAll(async () => {
    ;[key, thief] = [await dpopKey(), await dpopKey('EdDSA')]
  })

  async function fixture({
    app = PUBLIC,
    options = {},
  }: {
    readonly app?: NonNullable<Parameters<typeof createSessionFixture>[1]>['app']
    readonly options?: Partial<AppGrantOptions>
  } = {}) {
    const w = await createSessionFixture(open, { app, options: { dpop: {}, ...options } }, format)
    const proofBy = async (by: DpopKey, changed: Partial<ProofOf> = {}) => ({
      dpopProof: await by.prove({ url: `${ISSUER}/token`, at: w.clock(), ...changed }),
    })
    return {
      ...w,
      proofBy,
      startBy: async (by: DpopKey, asked: Parameters<typeof w.code>[1] = {}) => {
        const code = await w.code({}, asked)
        return tokensOf(await w.exchange(code, await proofBy(by)), code)
      },
      nextBy: async (by: DpopKey, from: Tokens) => w.next(from, await proofBy(by)),
      keyOf: async (accessToken: string) => {
        const access = await w.appgrant.authorizer.tryVerify(accessToken, { acceptBound: true })
        return access.ok ? access.jkt : access.reason
      },
      reasons() {
        const reasons: string[] = []
        w.appgrant.events.on('refused', ({ code, reason }) => void reasons.push(`${code} ${reason}`))
        return reasons
      },
    }
  }

  describe('tokens that are bound to a key (RFC 9449 §5)', () => {
    it('a proof binds the access token, which is no bearer token, and the session of a public app (DPOP-2)', async () => {
      const w = await fixture()
      const first = await w.startBy(key)
      expect(first.granted.tokenType).toBe('DPoP')
      expect(await w.keyOf(first.access)).toBe(key.jkt)
      expect(await w.verify(first.access)).toBe('proof_required')
      const second = await w.nextBy(key, first)
      expect(await w.keyOf(second.access)).toBe(key.jkt)
      expect(second.granted.tokenType).toBe('DPoP')
    })

    it('without a proof, or without the option, tokens are bearer tokens as before (DPOP-2)', async () => {
      for (const options of [{}, { dpop: undefined }]) {
        const w = await fixture({ options })
        const code = await w.code()
        const proof = 'dpop' in options ? await w.proofBy(key) : {}
        const first = tokensOf(await w.exchange(code, proof), code)
        expect(first.granted.tokenType).toBe('Bearer')
        expect(await w.verify(first.access)).toBe('ok')
        expect(await w.verify((await w.next(first)).access)).toBe('ok')
      }
    })

    it('a stolen refresh token of a bound session gives nothing and changes nothing, whatever its age (DPOP-2, TOK-8)', async () => {
      const w = await fixture()
      const reasons = w.reasons()
      const first = await w.startBy(key)
      const second = await w.nextBy(key, first)
      const written = w.observed.writes()
      const steal = async () => {
        for (const { refresh } of [first, second]) {
          expect(await codeOf(w.refresh(refresh))).toBe('invalid_dpop_proof')
          expect(await codeOf(w.refresh(refresh, await w.proofBy(thief)))).toBe('invalid_dpop_proof')
        }
      }
      // Within the grace period of the first one, and after it.
      await steal()
      w.clock.advance(10 * MINUTE)
      await steal()
      expect(w.observed.writes()).toBe(written)
      expect(new Set(reasons)).toEqual(new Set(['invalid_dpop_proof missing_proof', 'invalid_dpop_proof other_key']))
      const third = await w.nextBy(key, second)
      expect(await w.keyOf(third.access)).toBe(key.jkt)
    })

    it('a retry by the same key within the grace period gets the same response (DPOP-2, TOK-8)', async () => {
      const w = await fixture()
      const first = await w.startBy(key)
      const second = await w.nextBy(key, first)
      w.clock.advance(4500)
      const again = await w.nextBy(key, first)
      expect([again.access, again.refresh, again.id]).toEqual([second.access, second.refresh, second.id])
      expect(again.granted).toMatchObject({ tokenType: 'DPoP', expiresInSeconds: 3595 })
    })

    it('50 parallel refreshes, half of them by a thief, are one rotation for the key alone (DPOP-2, S10)', async () => {
      const w = await fixture()
      const first = await w.startBy(key)
      const other = w.node()
      const answers = await atOnce(PARALLEL, async (n) =>
        w.refresh(first.refresh, await w.proofBy(n % 2 ? thief : key), n % 4 > 1 ? other : w.appgrant),
      )
      const granted = valuesOf(answers)
      expect(granted).toHaveLength(PARALLEL / 2)
      expect(new Set(granted.map(({ accessToken, refreshToken }) => `${accessToken} ${refreshToken}`)).size).toBe(1)
      expect(await w.appgrant.tokens.count({ app: w.key, account: 'user' })).toBe(2)
    })

    it('by its own key, reuse of a refresh token still ends the session (DPOP-2, TOK-8)', async () => {
      const w = await fixture()
      const first = await w.startBy(key)
      const third = await w.nextBy(key, await w.nextBy(key, first))
      expect(await codeOf(w.refresh(first.refresh, await w.proofBy(key)))).toBe('invalid_refresh_token')
      expect(await w.keyOf(third.access)).toBe('revoked')
      expect(await codeOf(w.refresh(third.refresh, await w.proofBy(key)))).toBe('invalid_refresh_token')
    })

    it('a bearer session becomes bound with the first proof, and its owner then ends it by reuse (DPOP-2)', async () => {
      const w = await fixture()
      const first = await w.start()
      const bound = await w.nextBy(thief, first)
      expect(await codeOf(w.refresh(bound.refresh))).toBe('invalid_dpop_proof')
      // The owner has no key, and is not told to prove one: the refresh token is not bound. The thief has used it.
      expect(await codeOf(w.refresh(first.refresh))).toBe('invalid_refresh_token')
      expect(await w.keyOf(bound.access)).toBe('revoked')
      expect(await codeOf(w.refresh(bound.refresh, await w.proofBy(thief)))).toBe('invalid_refresh_token')
    })

    it('a retry with a proof does not get the bearer token of the step, nor bind the session (DPOP-2, TOK-8)', async () => {
      const w = await fixture()
      const first = await w.start()
      const second = await w.next(first)
      const retried = await w.nextBy(thief, first)
      expect(retried.refresh).toBe(second.refresh)
      expect(retried.access).not.toBe(second.access)
      expect(await w.keyOf(retried.access)).toBe(thief.jkt)
      expect(await w.verify((await w.next(second)).access)).toBe('ok')
    })

    it('a confidential app has bound access tokens, by any key, and refresh tokens that need none (DPOP-2)', async () => {
      const w = await fixture({ app: {} })
      const first = await w.startBy(key)
      const second = await w.nextBy(thief, first)
      expect(await w.keyOf(second.access)).toBe(thief.jkt)
      // The retry is for another key, so it is another access token.
      const retried = await w.nextBy(key, first)
      expect([retried.refresh === second.refresh, await w.keyOf(retried.access)]).toEqual([true, key.jkt])
      const plain = await w.next(second)
      expect([plain.granted.tokenType, await w.verify(plain.access)]).toEqual(['Bearer', 'ok'])
    })

    it('a kept refresh token of a confidential app gets access tokens for the key of each proof (DPOP-2)', async () => {
      const w = await fixture({ app: {}, options: { rotateRefreshTokens: false } })
      const first = await w.startBy(key)
      const second = await w.nextBy(thief, first)
      expect([second.refresh === first.refresh, await w.keyOf(second.access)]).toEqual([true, thief.jkt])
    })

    it('a trusted app binds its tokens with each request (DPOP-2)', async () => {
      const w = await fixture({ app: { trusted: true } })
      const request = { key: w.key, secret: w.secret }
      const bound = await w.appgrant.authorizer.clientCredentials({ ...request, ...(await w.proofBy(key)) })
      expect([bound.tokenType, await w.keyOf(bound.accessToken)]).toEqual(['DPoP', key.jkt])
      const plain = await w.appgrant.authorizer.clientCredentials(request)
      expect([plain.tokenType, await w.verify(plain.accessToken)]).toEqual(['Bearer', 'ok'])
    })

    it('the key is part of what is stored, with the session and the token, and no other record has it (DPOP-2)', async () => {
      const w = await fixture()
      await w.startBy(key)
      const { data } = await sessionRecord(w)
      expect(JSON.parse(data).boundTo).toEqual({ jkt: key.jkt, fromStage: 1 })
      const stored = await w.inner.get(w.observed.written)
      const kinds = stored.flatMap((record) => (record?.data.includes(key.jkt) ? [record.kind] : []))
      expect([...new Set(kinds)].sort()).toEqual(['s', 't'])
    })
  })

  describe('codes that are bound to a key (RFC 9449 §10)', () => {
    for (const [kind, app] of [
      ['public', PUBLIC],
      ['confidential', {}],
    ] as const) {
      it(`a code of a ${kind} app that dpop_jkt binds needs a proof by that key, and nothing is consumed without it (DPOP-4)`, async () => {
        const w = await fixture({ app })
        const code = await w.code({}, { dpop_jkt: key.jkt })
        const written = w.observed.writes()
        expect(await codeOf(w.exchange(code))).toBe('invalid_dpop_proof')
        expect(await codeOf(w.exchange(code, await w.proofBy(thief)))).toBe('invalid_dpop_proof')
        expect(w.observed.writes()).toBe(written)
        const first = tokensOf(await w.exchange(code, await w.proofBy(key)), code)
        expect(await w.keyOf(first.access)).toBe(key.jkt)
        // Whoever has stolen the code, and the verifier, can neither use it nor end the session.
        expect(await codeOf(w.exchange(code))).toBe('invalid_dpop_proof')
        expect(await codeOf(w.exchange(code, await w.proofBy(thief)))).toBe('invalid_dpop_proof')
        expect(await w.keyOf(first.access)).toBe(key.jkt)
        expect(await codeOf(w.exchange(code, await w.proofBy(key)))).toBe('invalid_code')
        expect(await w.keyOf(first.access)).toBe('revoked')
      })
    }

    it('a code that is not bound ends its session if it is used again, with or without a proof (DPOP-4, TOK-9)', async () => {
      for (const proven of [true, false]) {
        const w = await fixture()
        const first = await w.startBy(key)
        expect(await codeOf(w.exchange(first.code, proven ? await w.proofBy(thief) : {}))).toBe('invalid_code')
        expect(await w.keyOf(first.access)).toBe('revoked')
      }
    })

    it('50 parallel exchanges of a bound code by its key are one success and then none (DPOP-4, S10)', async () => {
      const w = await fixture()
      const code = await w.code({}, { dpop_jkt: key.jkt })
      const answers = await atOnce(PARALLEL, async (n) => w.exchange(code, await w.proofBy(n % 2 ? thief : key)))
      expect(valuesOf(answers).length).toBeLessThanOrEqual(1)
      for (const { accessToken } of valuesOf(answers)) expect(await w.keyOf(accessToken)).toBe('revoked')
    })

    it.each(['', 'short', 'a'.repeat(44), `${'a'.repeat(42)}=`])(
      'dpop_jkt %j is refused by redirect, and empty counts as absent (DPOP-4)',
      async (jkt) => {
        const w = await fixture()
        const asked = await w.ask({ dpop_jkt: jkt })
        if (jkt === '') expect(asked.step).toBe('consent')
        else
          expect(asked).toMatchObject({ step: 'redirect', location: expect.stringContaining('error=invalid_request') })
      },
    )

    it('dpop_jkt is refused without the option, because a client relies on it (DPOP-4)', async () => {
      const w = await fixture({ options: { dpop: undefined } })
      const asked = await w.ask({ dpop_jkt: key.jkt })
      expect(asked).toMatchObject({ step: 'redirect', location: expect.stringContaining('error=invalid_request') })
    })
  })

  describe('requests for tokens with a wrong proof', () => {
    it('a wrong proof consumes nothing at any grant, and its event says why (DPOP-1, ERR-9)', async () => {
      const w = await fixture({ app: { trusted: true } })
      const reasons = w.reasons()
      const first = await w.start()
      const code = await w.code()
      const request = { key: w.key, secret: w.secret }
      const wrong: readonly (readonly [string, Partial<ProofOf>])[] = [
        ['malformed_proof', { header: { typ: 'JWT' } }],
        ['proof_method', { method: 'GET' }],
        ['proof_url', { url: 'https://other.example/token' }],
        ['proof_time', { at: w.clock() - 61 * SECOND }],
      ]
      const written = w.observed.writes()
      for (const [reason, changed] of wrong) {
        const proof = await w.proofBy(key, changed)
        reasons.length = 0
        expect(await codeOf(w.exchange(code, proof))).toBe('invalid_dpop_proof')
        expect(await codeOf(w.refresh(first.refresh, proof))).toBe('invalid_dpop_proof')
        expect(await codeOf(w.appgrant.authorizer.clientCredentials({ ...request, ...proof }))).toBe(
          'invalid_dpop_proof',
        )
        expect(reasons).toEqual(Array(3).fill(`invalid_dpop_proof ${reason}`))
      }
      const foreign = await dpopKey()
      const signed = await w.proofBy(key, { header: { jwk: foreign.jwk } })
      reasons.length = 0
      expect(await codeOf(w.refresh(first.refresh, signed))).toBe('invalid_dpop_proof')
      expect(reasons).toEqual(['invalid_dpop_proof proof_signature'])
      expect(await codeOf(w.refresh(first.refresh, { dpopProof: {} as never }))).toBe('invalid_request')
      expect(w.observed.writes()).toBe(written)
      expect(await w.keyOf((await w.nextBy(key, first)).access)).toBe(key.jkt)
      expect(await w.keyOf((await w.exchange(code, await w.proofBy(key))).accessToken)).toBe(key.jkt)
    })

    it('with nonces a proof without one is refused with the nonce, on any node, and consumes nothing (DPOP-3)', async () => {
      const options = { dpop: { nonceKeys: [NONCE_KEY] } }
      const w = await fixture({ options })
      const other = w.node()
      const code = await w.code()
      const written = w.observed.writes()
      const refusal = await w.exchange(code, await w.proofBy(key)).catch((error: unknown) => error)
      expect(refusal).toMatchObject({ code: 'dpop_nonce_required', details: { nonce: other.dpop?.nonce() } })
      expect(w.observed.writes()).toBe(written)
      const nonce = other.dpop?.nonce() ?? ''
      const first = tokensOf(await w.exchange(code, await w.proofBy(key, { nonce, at: 0 })), code)
      expect(await w.keyOf(first.access)).toBe(key.jkt)
      // It lasts until the fourth step after its own.
      w.clock.advance(4 * MINUTE)
      expect(await codeOf(w.refresh(first.refresh, await w.proofBy(key, { nonce })))).toBe('dpop_nonce_required')
    })

    it('an app that must have bound tokens gets no other at any grant, and nothing is consumed (DPOP-5)', async () => {
      const w = await fixture({ app: { dpopBoundAccessTokens: true, trusted: true } })
      const reasons = w.reasons()
      const request = { key: w.key, secret: w.secret }
      const code = await w.code()
      const written = w.observed.writes()
      expect(await codeOf(w.exchange(code))).toBe('invalid_dpop_proof')
      expect(await codeOf(w.appgrant.authorizer.clientCredentials(request))).toBe('invalid_dpop_proof')
      expect(w.observed.writes()).toBe(written)
      const first = tokensOf(await w.exchange(code, await w.proofBy(key)), code)
      expect(await codeOf(w.refresh(first.refresh))).toBe('invalid_dpop_proof')
      expect(new Set(reasons)).toEqual(new Set(['invalid_dpop_proof missing_proof']))
      expect(await w.keyOf((await w.nextBy(key, first)).access)).toBe(key.jkt)
      await w.appgrant.apps.update(w.key, { dpopBoundAccessTokens: false })
      expect((await w.appgrant.authorizer.clientCredentials(request)).tokenType).toBe('Bearer')
    })

    it('without the option no app can be limited to bound tokens, because it would get none, and one that is stays so (DPOP-5)', async () => {
      const w = await fixture()
      const without = w.node({ dpop: undefined })
      const fields = exampleApp({ owner: 'org', redirectUrls: [REDIRECT], dpopBoundAccessTokens: true })
      const refused = [{ field: 'dpopBoundAccessTokens', code: 'dpop_required' }]
      expect(await refusalOf(without.apps.register(fields))).toMatchObject({ details: { fields: refused } })
      const update = without.apps.update(w.key, { dpopBoundAccessTokens: true })
      expect(await refusalOf(update)).toMatchObject({ details: { fields: refused } })
      await w.appgrant.apps.update(w.key, { dpopBoundAccessTokens: true })
      expect(await without.apps.update(w.key, { name: 'Renamed' })).toMatchObject({ dpopBoundAccessTokens: true })
    })

    it('a session stays bound while the option is taken away, and works again with it (DPOP-2)', async () => {
      const w = await fixture()
      const first = await w.startBy(key)
      const without = w.node({ dpop: undefined })
      expect(await codeOf(w.refresh(first.refresh, await w.proofBy(key), without))).toBe('invalid_dpop_proof')
      expect(await w.keyOf((await w.nextBy(key, first)).access)).toBe(key.jkt)
    })

    it('a session that was revoked is revoked for its key too (DPOP-2, S14)', async () => {
      const w = await fixture()
      const first = await w.startBy(key)
      await w.appgrant.authorizer.revokeToken({ key: w.key, token: first.refresh })
      expect(await codeOf(w.refresh(first.refresh, await w.proofBy(key)))).toBe('invalid_refresh_token')
      expect(await w.keyOf(first.access)).toBe('revoked')
      const bearer = await w.start()
      await w.appgrant.authorizer.revokeToken({ key: w.key, token: bearer.refresh })
      await expectDead(w, bearer)
    })
  })
}
