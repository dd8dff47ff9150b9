import { describe, expect, it } from 'vitest'
import { faultyStore } from '../../src/testing/index.ts'
import { codeOf } from '../support/code-of.ts'
import { observedStore } from '../support/observed-store.ts'
import { expectAlive, expectDead, sessionRecord } from '../support/session-checks.ts'
import {
  createSessionFixture,
  HOUR,
  LIFE,
  MINUTE,
  type OpenStore,
  OTHER_REDIRECT,
  type TokenOptions,
  tokensOf,
} from '../support/session-fixture.ts'

/** What is left after the store fails, on the stores that `open` gives. */
export function testSessionFaults(open: OpenStore, format: TokenOptions = {}): void {
  const fixture = (options: Parameters<typeof createSessionFixture>[1] = {}) =>
    createSessionFixture(open, options, format)

  describe('a crash or an outage at a refresh', () => {
    it('a failure between token and rotation consumes nothing, and the repeat gets the derived token (TOK-8)', async () => {
      const w = await fixture()
      const first = await w.start()
      w.store.fail('replace', 'before')
      expect(await codeOf(w.refresh(first.refresh))).toBe('store_unavailable')
      const orphan = w.observed.written.at(-1)
      expect(orphan?.kind).toBe('t')
      w.clock.advance(10 * MINUTE)
      const second = await w.next(first)
      expect(second.id).toBe(orphan?.id)
      await expectAlive(w, second)
    })

    it('a repeat hours later finds the derived token expired and gets another', async () => {
      const w = await fixture()
      const first = await w.start()
      w.store.fail('replace', 'before')
      expect(await codeOf(w.refresh(first.refresh))).toBe('store_unavailable')
      const orphan = w.observed.written.at(-1)
      w.clock.advance(5 * HOUR)
      const second = await w.next(first)
      expect(second.id).not.toBe(orphan?.id)
      expect(second.granted.expiresInSeconds).toBe(3600)
      await expectAlive(w, second)
    })

    it('a repeat gets another token if the derived one was removed or revoked with all others', async () => {
      const w = await fixture()
      for (const kill of [
        (ids: readonly string[]) => w.appgrant.tokens.remove({ app: w.key, account: 'user', ids }),
        () => w.appgrant.tokens.removeAll({ app: w.key, account: 'user' }),
      ]) {
        const first = await w.start()
        w.store.fail('replace', 'before')
        expect(await codeOf(w.refresh(first.refresh))).toBe('store_unavailable')
        const orphan = w.observed.written.at(-1)
        await kill([orphan?.id ?? ''])
        const second = await w.next(first)
        expect(second.id).not.toBe(orphan?.id)
        await expectAlive(w, second)
      }
    })

    it('a token that was not stored, or whose reply is lost, does not consume the refresh token', async () => {
      const w = await fixture()
      for (const [when, code] of [
        ['before', 'store_unavailable'],
        ['after', 'outcome_unknown'],
      ] as const) {
        const first = await w.start()
        w.store.fail('insert', when)
        expect(await codeOf(w.refresh(first.refresh))).toBe(code)
        w.clock.advance(HOUR / 2)
        await expectAlive(w, await w.next(first))
      }
    })

    it('a refresh that the store did not confirm can be repeated on any node within the grace period, and later it ends the session (TOK-8)', async () => {
      const w = await fixture()
      const other = w.node()
      for (const [after, expected] of [
        [LIFE.grace - 1, 'ok'],
        [LIFE.grace, 'invalid_refresh_token'],
      ] as const) {
        const first = await w.start()
        w.store.fail('replace', 'after')
        expect(await codeOf(w.refresh(first.refresh))).toBe('outcome_unknown')
        w.clock.advance(after)
        expect(await codeOf(w.refresh(first.refresh, {}, other))).toBe(expected)
        if (expected === 'ok') await expectAlive(w, await w.next(first))
        else expect(await w.verify(first.access)).toBe('revoked')
      }
    })

    it('the node whose refresh was not confirmed repeats it however long the outage was, and the grace period begins when it is confirmed (TOK-8)', async () => {
      const w = await fixture()
      for (const [after, expected] of [
        [LIFE.grace - 1, 'ok'],
        [LIFE.grace, 'invalid_refresh_token'],
      ] as const) {
        const first = await w.start()
        w.store.fail('replace', 'after', 3)
        for (let n = 0; n < 3; n++) {
          expect(await codeOf(w.refresh(first.refresh))).toBe('outcome_unknown')
          w.clock.advance(5 * MINUTE)
        }
        const second = await w.next(first)
        w.clock.advance(after)
        expect(await codeOf(w.refresh(first.refresh))).toBe(expected)
        expect(await w.verify(second.access)).toBe(expected === 'ok' ? 'ok' : 'revoked')
        if (expected === 'ok') await expectAlive(w, second)
      }
    })

    it('a repeat that is not confirmed is refused too, on every node: what it read may be undone by a failover (TOK-8, REV-7)', async () => {
      const w = await fixture()
      const first = await w.start()
      w.store.fail('replace', 'after')
      expect(await codeOf(w.refresh(first.refresh))).toBe('outcome_unknown')
      const faulty = faultyStore(w.inner)
      const other = w.node({ store: faulty })
      for (const [node, store] of [
        [w.appgrant, w.store],
        [other, faulty],
      ] as const) {
        store.fail('replace', 'after', 2)
        for (let n = 0; n < 2; n++) expect(await codeOf(w.refresh(first.refresh, {}, node))).toBe('outcome_unknown')
      }
      const second = await w.refresh(first.refresh, {}, other)
      expect((await w.refresh(first.refresh)).accessToken).toBe(second.accessToken)
      await expectAlive(w, tokensOf(second))
    })

    it('a repeat writes nothing on the node that has confirmed the refresh, and once on any other (TOK-8)', async () => {
      const w = await fixture()
      const first = await w.start()
      await w.next(first)
      const written = w.observed.writes()
      for (let n = 0; n < 3; n++) await w.next(first)
      expect(w.observed.writes()).toBe(written)
      const seen = observedStore(w.inner)
      const other = w.node({ store: seen })
      await Promise.all(Array.from({ length: 20 }, () => w.refresh(first.refresh, {}, other)))
      await w.refresh(first.refresh, {}, other)
      expect(seen.writes()).toBe(1)
    })

    it('an exchange of a code that was not confirmed is repeated with the same response, on the node that tried it (TOK-9)', async () => {
      const w = await fixture()
      const code = await w.code()
      w.store.fail('replace', 'after', 2)
      for (let n = 0; n < 2; n++) expect(await codeOf(w.exchange(code))).toBe('outcome_unknown')
      for (const change of [{ codeVerifier: 'v'.repeat(43) }, { redirectUrl: OTHER_REDIRECT }])
        expect(await codeOf(w.exchange(code, change))).toBe('invalid_code')
      const stored = w.observed.written.findLast(({ kind }) => kind === 't')
      const first = tokensOf(await w.exchange(code), code)
      expect(first.id).toBe(stored?.id)
      expect(await w.appgrant.tokens.count({ app: w.key, account: 'user' })).toBe(1)
      await expectAlive(w, first)
      expect(await codeOf(w.exchange(code))).toBe('invalid_code')
      expect(await w.appgrant.tokens.count({ app: w.key, account: 'user' })).toBe(0)
    })

    it('an exchange of a code that another node did not confirm counts as reuse, and so does another repeat once it was confirmed (TOK-9)', async () => {
      const w = await fixture()
      for (const how of ['another node', 'once more'] as const) {
        const code = await w.code()
        w.store.fail('replace', 'after')
        expect(await codeOf(w.exchange(code))).toBe('outcome_unknown')
        if (how === 'once more') expect(await codeOf(w.exchange(code))).toBe('ok')
        const node = how === 'once more' ? w.appgrant : w.node()
        expect(await codeOf(w.exchange(code, {}, node))).toBe('invalid_code')
        expect(await w.appgrant.tokens.count({ app: w.key, account: 'user' })).toBe(0)
      }
    })

    it('a confirmed exchange of a code is not repeated either once the clock is set back (TOK-9)', async () => {
      const w = await fixture()
      const code = await w.code()
      let setBackMs = 0
      const store = faultyStore(w.inner)
      const node = w.node({ store, clock: () => w.clock() - setBackMs })
      store.fail('replace', 'after')
      expect(await codeOf(w.exchange(code, {}, node))).toBe('outcome_unknown')
      expect(await codeOf(w.exchange(code, {}, node))).toBe('ok')
      setBackMs = 500
      expect(await codeOf(w.exchange(code, {}, node))).toBe('invalid_code')
    })

    it('a redemption that never reached the store leaves the code valid', async () => {
      const w = await fixture()
      const code = await w.code()
      for (const method of ['get', 'insert', 'replace'] as const) {
        w.store.fail(method, 'before')
        expect(await codeOf(w.exchange(code))).toBe('store_unavailable')
      }
      await expectAlive(w, tokensOf(await w.exchange(code)))
    })

    it('writes that arrive twice change nothing', async () => {
      const w = await fixture()
      w.store.repeat('insert')
      w.store.repeat('replace')
      const first = await w.start()
      const second = await w.next(first)
      expect((await w.next(first)).access).toBe(second.access)
      await expectAlive(w, second)
    })

    it('the later refresh token ends the session if the store lost a rotation', async () => {
      const w = await fixture()
      const first = await w.start()
      const stored = await sessionRecord(w)
      const second = await w.next(first)
      const third = await w.next(second)
      // A failover returned the database to an older state.
      expect(await w.inner.replace(await sessionRecord(w), { ...stored, revision: 'rolledback' })).toBe(true)
      expect(await w.verify(third.access)).toBe('revoked')
      expect(await w.verify(second.access)).toBe('revoked')
      expect(await codeOf(w.refresh(third.refresh))).toBe('invalid_refresh_token')
      await expectDead(w, first)
    })

    it('the refresh token ends the session if the store lost a redemption, and the code is worthless', async () => {
      const w = await fixture()
      const code = await w.code()
      const stored = await sessionRecord(w)
      const first = tokensOf(await w.exchange(code), code)
      expect(await w.inner.replace(await sessionRecord(w), { ...stored, revision: 'rolledback' })).toBe(true)
      expect(await w.verify(first.access)).toBe('revoked')
      expect(await codeOf(w.refresh(first.refresh))).toBe('invalid_refresh_token')
      expect(await codeOf(w.exchange(code))).toBe('invalid_code')
    })
  })

  describe('a reuse during a store failure', () => {
    for (const [method, when, code, isDead] of [
      ['replace', 'before', 'store_unavailable', false],
      ['replace', 'after', 'outcome_unknown', true],
      ['get', 'before', 'store_unavailable', false],
    ] as const) {
      it(`a reuse whose ${method} fails ${when} it is done is an error, and the repeat ends the session (S39)`, async () => {
        const w = await fixture()
        const first = await w.start()
        const third = await w.next(await w.next(first))
        w.store.fail(method, when)
        expect(await codeOf(w.refresh(first.refresh))).toBe(code)
        for (const { access } of [first, third]) expect(await w.verify(access)).toBe(isDead ? 'revoked' : 'ok')
        // If the reply is lost twice, the outcome is unknown twice: a read confirms nothing (REV-7).
        if (isDead) {
          w.store.fail(method, when)
          expect(await codeOf(w.refresh(first.refresh))).toBe(code)
        }
        expect(await codeOf(w.refresh(first.refresh))).toBe('invalid_refresh_token')
        for (const { access } of [first, third]) expect(await w.verify(access)).toBe('revoked')
        await expectDead(w, third)
      })
    }

    it('a reuse revokes all access tokens and is refused while its tokens are removed from the list (S39)', async () => {
      const w = await fixture()
      const first = await w.start()
      const third = await w.next(await w.next(first))
      const held = w.store.hold('replace')
      const answer = codeOf(w.refresh(first.refresh))
      await held.reached
      // The one write that ends the session; those after it only tidy up.
      held.release()
      expect(await answer).toBe('invalid_refresh_token')
      await expectDead(w, third)
      const again = await w.start()
      const last = await w.next(await w.next(again))
      w.store.fail('replace', 'after', 4)
      expect(await codeOf(w.refresh(again.refresh))).toBe('outcome_unknown')
      for (const { access } of [again, last]) expect(await w.verify(access)).toBe('revoked')
    })
  })
}
