import { describe, expect, it } from 'vitest'
import type { AppGrantOptions } from '../../src/index.ts'
import { appSigner, type Said } from '../support/app-signer.ts'
import { codeOf } from '../support/code-of.ts'
import { codesOf, valuesOf } from '../support/session-checks.ts'
import {
  atOnce,
  createSessionFixture,
  MINUTE,
  type OpenStore,
  REDIRECT,
  SECOND,
  VERIFIER,
} from '../support/session-fixture.ts'

const PARALLEL = 50
const REFUSED = 'app_authentication_failed'

/** Apps that authenticate by assertions, on the stores that `open` gives. */
export function testAssertions(open: OpenStore): void {
  /** A trusted app with one key, and other nodes on its database. */
  const fixture = async (options: Partial<AppGrantOptions> = {}) => {
    const signer = await appSigner()
    const w = await createSessionFixture(open, { options, app: { trusted: true, jwks: [signer.jwk] } })
    const grant = (assertion: string, appgrant = w.appgrant) => appgrant.authorizer.clientCredentials({ assertion })
    const refused: (string | undefined)[] = []
    w.appgrant.events.on('refused', ({ reason }) => refused.push(reason))
    return { ...w, signer, sign: (said?: Said) => signer.sign(w.key, w.clock(), said), grant, refused }
  }

  describe('the use of assertions', () => {
    it('exactly one of 50 parallel uses of an assertion over two nodes succeeds (S65)', async () => {
      const w = await fixture()
      const assertion = await w.sign()
      const other = w.node()
      const granted = await atOnce(PARALLEL, (n) => w.grant(assertion, n % 2 ? other : w.appgrant))
      const [won, ...more] = valuesOf(granted)
      expect(more).toEqual([])
      expect(await codesOf(granted)).toEqual([REFUSED])
      expect(await w.verify(won?.accessToken ?? '')).toBe('ok')
      expect(await w.appgrant.tokens.count({ app: w.key, account: 'org' })).toBe(1)
    })

    it('a used assertion is refused on every node and for every purpose until it has expired (S65)', async () => {
      const w = await fixture()
      const assertion = await w.sign({ claims: { exp: w.clock() / 1000 + 60 } })
      const { accessToken } = await w.grant(assertion)
      const other = w.node()
      const purposes = [
        () => w.grant(assertion),
        () => w.grant(assertion, other),
        () => other.authorizer.authenticateApp({ assertion }),
        () => other.authorizer.revokeToken({ assertion, token: accessToken }),
        () => w.grant(assertion, w.node({ clock: () => w.clock() - SECOND })),
      ]
      const refuse = async () => {
        for (const purpose of purposes) expect(await codeOf(purpose())).toBe(REFUSED)
      }
      await refuse()
      expect(new Set(w.refused)).toEqual(new Set(['used_assertion']))
      w.clock.advance(65 * SECOND - 1)
      await refuse()
      expect(new Set(w.refused)).toEqual(new Set(['used_assertion']))
      w.clock.advance(1)
      w.refused.length = 0
      expect(await codeOf(w.grant(assertion))).toBe(REFUSED)
      expect(w.refused).toEqual(['assertion_exp'])
      expect(await w.verify(accessToken)).toBe('ok')
    })

    it('the record of a used assertion outlives it, even with a node a second behind and a store that takes a minute (S65)', async () => {
      const w = await fixture()
      const exp = Math.floor(w.clock() / 1000) + 300
      await w.grant(await w.sign({ claims: { exp } }))
      const used = w.observed.written.find(({ kind }) => kind === 'u')
      expect(used).toMatchObject({
        expiresAt: (exp + 5) * SECOND + SECOND + MINUTE,
        groups: [],
        partition: w.key.slice(0, 2),
      })
    })

    it('another assertion with the same jti is a replay only for the same app (S65)', async () => {
      const w = await fixture()
      const other = await w.appgrant.apps.register({
        ...{ owner: 'org', name: 'Another', homepage: 'https://other.example/', adminEmail: 'a@other.example' },
        trusted: true,
        jwks: [w.signer.jwk],
      })
      const claims = { jti: 'the same' }
      await w.grant(await w.sign({ claims }))
      await w.grant(await w.signer.sign(other.app.key, w.clock(), { claims }))
      expect(await codeOf(w.grant(await w.sign({ claims })))).toBe(REFUSED)
      expect(w.refused).toEqual(['used_assertion'])
    })

    it('assertions with a bad signature or wrong claim store nothing, however many there are (S65, ERR-5)', async () => {
      const w = await fixture()
      const stranger = await appSigner()
      const writes = w.observed.writes()
      for (let n = 0; n < 20; n++) {
        expect(await codeOf(w.grant(await stranger.sign(w.key, w.clock())))).toBe(REFUSED)
        expect(await codeOf(w.grant(await w.sign({ claims: { aud: 'https://elsewhere.example' } })))).toBe(REFUSED)
      }
      expect(w.observed.writes()).toBe(writes)
      expect(new Set(w.refused)).toEqual(new Set(['assertion_signature', 'assertion_aud']))
      // A refused assertion was not used: the same jti in a valid one is accepted.
      const claims = { jti: 'tried before' }
      await codeOf(w.grant(await w.sign({ claims: { ...claims, aud: 'x' } })))
      expect(await codeOf(w.grant(await w.sign({ claims })))).toBe('ok')
    })

    it('an assertion stays valid if the store refuses its use; if the reply is lost, it is used and nothing was granted (REV-7)', async () => {
      const w = await fixture()
      const [first, second] = [await w.sign(), await w.sign()]
      w.store.fail('insert', 'before')
      expect(await codeOf(w.grant(first))).toBe('store_unavailable')
      expect(await codeOf(w.grant(first))).toBe('ok')
      w.store.fail('insert', 'after')
      expect(await codeOf(w.grant(second))).toBe('outcome_unknown')
      expect(await codeOf(w.grant(second))).toBe(REFUSED)
      expect(await w.appgrant.tokens.count({ app: w.key, account: 'org' })).toBe(1)
    })

    it('an assertion whose use is delivered twice succeeds once', async () => {
      const w = await fixture()
      const assertion = await w.sign()
      w.store.repeat('insert')
      expect(await codeOf(w.grant(assertion))).toBe('ok')
      w.store.heal()
      expect(await codeOf(w.grant(assertion))).toBe(REFUSED)
    })

    it('neither an assertion nor the key that signed it is stored (S46)', async () => {
      const w = await fixture()
      const assertion = await w.sign()
      await w.grant(assertion)
      const stored = JSON.stringify(w.observed.written)
      for (const part of [...assertion.split('.').slice(1), w.signer.privateJwk.d ?? '-'])
        expect(stored).not.toContain(part)
    })

    it('an assertion replaces a secret at every user grant and at revocation (TOK-2, TOK-8)', async () => {
      const w = await fixture()
      const proof = async () => ({ key: w.key, secret: undefined, assertion: await w.sign() })
      const code = await w.code()
      const used = await proof()
      await w.appgrant.authorizer.authenticateApp(used)
      const redeem = { code, codeVerifier: VERIFIER, redirectUrl: REDIRECT }
      // A used assertion consumes nothing: the code is still valid.
      expect(await codeOf(w.appgrant.authorizer.exchangeCode({ ...used, ...redeem }))).toBe(REFUSED)
      const first = await w.appgrant.authorizer.exchangeCode({ ...(await proof()), ...redeem })
      const { refreshToken = '' } = first
      expect(await codeOf(w.refresh(refreshToken, used))).toBe(REFUSED)
      const [one, repeated] = [
        await w.refresh(refreshToken, await proof()),
        await w.refresh(refreshToken, await proof()),
      ]
      expect(repeated.accessToken).toBe(one.accessToken)
      await w.appgrant.authorizer.revokeToken({ ...(await proof()), token: one.accessToken })
      expect(await w.verify(one.accessToken)).toBe('revoked')
    })
  })

  describe('replaced app keys', () => {
    it('replaced keys sign no more on any node at once, also if a secret replaced them (S66)', async () => {
      const w = await fixture()
      const [next, other] = [await appSigner(), w.node()]
      await w.grant(await w.sign(), other)
      await w.appgrant.apps.replaceJwks(w.key, [next.jwk])
      for (const node of [w.appgrant, other]) expect(await codeOf(w.grant(await w.sign(), node))).toBe(REFUSED)
      expect(w.refused).toEqual(['assertion_signature'])
      expect(await codeOf(w.grant(await next.sign(w.key, w.clock()), other))).toBe('ok')
      const { secret } = await other.apps.regenerateSecret(w.key)
      expect(await codeOf(w.grant(await next.sign(w.key, w.clock())))).toBe(REFUSED)
      expect(w.refused.at(-1)).toBe('assertion_of_app_without_keys')
      expect(await codeOf(w.appgrant.authorizer.clientCredentials({ key: w.key, secret }))).toBe('ok')
    })

    it('a token is issued already revoked if the keys were replaced between authentication and token (S66, REV-4)', async () => {
      const w = await fixture()
      const held = w.store.hold('insert')
      const granting = w.grant(await w.sign())
      await held.reached
      await w.appgrant.apps.replaceJwks(w.key, [(await appSigner()).jwk])
      held.release()
      const { accessToken } = await granting
      expect(await w.verify(accessToken)).toBe('revoked')
    })
  })
}
