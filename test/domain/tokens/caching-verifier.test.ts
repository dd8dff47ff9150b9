import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { createCachingVerifier } from '../../../src/domain/tokens/caching-verifier.ts'
import type { Access, Verification } from '../../../src/index.ts'
import type { RecordRef } from '../../../src/store/store.ts'
import { codeOf } from '../../support/code-of.ts'
import { createSessionFixture, HOUR, LIFE, type SessionFixture } from '../../support/session-fixture.ts'

const STALENESS = 5000
const maxStalenessMs = STALENESS

/** One token of each kind, and a caching verifier on another node, whose store reads are counted. */
async function setUp(kind: 'app' | 'user') {
  // Without hints, so that only age ends an entry.
  const w = await createSessionFixture(async () => ({ ...memoryStore(), watch: undefined as never }), {
    app: { trusted: true },
  })
  const token =
    kind === 'user'
      ? (await w.start()).access
      : (await w.appgrant.authorizer.clientCredentials({ key: w.key, secret: w.secret })).accessToken
  const stale = async (): Promise<string> => said(await w.appgrant.authorizer.tryVerify(token, { maxStalenessMs }))
  return { w, token, stale, kill: () => w.node().apps.suspend(w.key) }
}

const said = (answer: Verification) => (answer.ok ? 'ok' : answer.reason)
const reads = (w: SessionFixture) => w.observed.calls.get

for (const kind of ['app', 'user'] as const) {
  describe(`verification of ${kind} tokens with maxStalenessMs`, () => {
    it('strict verification is always one read, and a cached one within the staleness is none (REV-3)', async () => {
      const { w, token, stale } = await setUp(kind)
      const before = reads(w)
      for (let n = 0; n < 3; n++) expect(await w.verify(token)).toBe('ok')
      expect(reads(w) - before).toBe(3)
      expect(w.observed.reads.at(-1)).toHaveLength(kind === 'user' ? 4 : 2)
      const questions = w.tree.questions
      for (let n = 0; n < 5; n++) expect(await stale()).toBe('ok')
      expect(reads(w) - before).toBe(4)
      expect(w.tree.questions - questions).toBe(kind === 'user' ? 2 : 1)
    })

    it('a cached verification accepts a revoked token for less than the staleness, not a millisecond longer (REV-3)', async () => {
      const { w, stale, kill } = await setUp(kind)
      expect(await stale()).toBe('ok')
      await kill()
      w.clock.advance(STALENESS - 1)
      expect(await stale()).toBe('ok')
      w.clock.advance(1)
      expect(await stale()).toBe('app_suspended')
    })

    it('staleness counts from when the read was sent, so a blocked store does not extend it (REV-3)', async () => {
      const { w, stale, kill } = await setUp(kind)
      const held = w.store.hold('get')
      const first = stale()
      await held.reached
      w.clock.advance(STALENESS - 1)
      held.release()
      expect(await first).toBe('ok')
      await kill()
      expect(await stale()).toBe('ok')
      w.clock.advance(1)
      expect(await stale()).toBe('app_suspended')
    })

    it('a result is not cached if its read took longer than the staleness', async () => {
      const { w, stale, kill } = await setUp(kind)
      const held = w.store.hold('get')
      const first = stale()
      await held.reached
      w.clock.advance(STALENESS)
      held.release()
      expect(await first).toBe('ok')
      await kill()
      expect(await stale()).toBe('app_suspended')
    })

    it('cached results bridge an outage within the staleness, and then verification rejects, never denies or accepts', async () => {
      const { w, token, stale } = await setUp(kind)
      expect(await stale()).toBe('ok')
      w.store.fail('get', 'before', 1000)
      expect(await stale()).toBe('ok')
      expect(await codeOf(w.verify(token))).toBe('store_unavailable')
      w.clock.advance(STALENESS)
      expect(await codeOf(stale())).toBe('store_unavailable')
      w.store.heal()
      expect(await stale()).toBe('ok')
      w.clock.advance(STALENESS)
      w.tree.setDown(true)
      expect(await codeOf(stale())).toBe('directory_unavailable')
    })

    it("the directory's reply ages too: a blocked account is refused within the staleness (ACC-3)", async () => {
      const { w, stale } = await setUp(kind)
      expect(await stale()).toBe('ok')
      w.tree.set('org', { active: false })
      w.clock.advance(STALENESS - 1)
      expect(await stale()).toBe('ok')
      w.clock.advance(1)
      expect(await stale()).toBe('account_blocked')
      w.tree.set('org', { active: true })
      expect(await stale()).toBe('ok')
    })

    it('a denial is never cached', async () => {
      const { w, stale } = await setUp(kind)
      await w.appgrant.apps.suspend(w.key)
      const before = reads(w)
      for (let n = 0; n < 3; n++) expect(await stale()).toBe('app_suspended')
      expect(reads(w) - before).toBe(3)
      await w.appgrant.apps.resume(w.key)
      expect(await stale()).toBe('ok')
    })

    it('a token past its expiry is never accepted from the cache', async () => {
      const { w, token } = await setUp(kind)
      w.clock.advance(LIFE.access - 1)
      const stale = async () => said(await w.appgrant.authorizer.tryVerify(token, { maxStalenessMs: 300_000 }))
      expect(await stale()).toBe('ok')
      w.clock.advance(1)
      expect(await stale()).toBe('expired')
    })

    it('each caller has its own staleness bound', async () => {
      const { w, token, stale, kill } = await setUp(kind)
      expect(await stale()).toBe('ok')
      await kill()
      w.clock.advance(1000)
      expect(await stale()).toBe('ok')
      for (const bound of [1000, 1, 0])
        expect(said(await w.appgrant.authorizer.tryVerify(token, { maxStalenessMs: bound }))).toBe('app_suspended')
    })

    it('each caller gets its own result object', async () => {
      const { w, token } = await setUp(kind)
      const answers: Access[] = []
      for (let n = 0; n < 3; n++) {
        const answer = await w.appgrant.authorizer.tryVerify(token, { maxStalenessMs })
        if (!answer.ok) throw new Error(answer.reason)
        answers.push(answer)
        answer.expiresAt.setTime(0)
        answer.issuedAt.setTime(0)
        Object.assign(answer.app, { owner: 'mallory' })
        Object.assign(answer.scope, { 0: 'admin', length: 1 })
      }
      const fresh = await w.appgrant.authorizer.tryVerify(token, { maxStalenessMs })
      expect(fresh).toMatchObject({ app: { owner: 'org' }, scope: ['read', 'write'] })
      expect(fresh).toEqual(await w.appgrant.authorizer.tryVerify(token))
    })
  })
}

describe('the cache of acceptances', () => {
  it('a change hint for the token, app, install or session drops the cached result', async () => {
    const acts = [
      (w: SessionFixture, id: string) => w.node().tokens.remove({ app: w.key, account: 'user', ids: [id] }),
      (w: SessionFixture) => w.node().apps.suspend(w.key),
      (w: SessionFixture) => w.node().installs.withdraw({ app: w.key, account: 'user' }),
    ]
    for (const act of acts) {
      const w = await createSessionFixture(async () => memoryStore())
      const { access, id } = await w.start()
      const stale = async () => said(await w.appgrant.authorizer.tryVerify(access, { maxStalenessMs }))
      expect(await stale()).toBe('ok')
      // Hints are received from the first result on.
      expect(await stale()).toBe('ok')
      await act(w, id)
      expect(await stale()).not.toBe('ok')
    }
    const w = await createSessionFixture(async () => memoryStore())
    const first = await w.start()
    const stale = async () => said(await w.appgrant.authorizer.tryVerify(first.access, { maxStalenessMs }))
    expect(await stale()).toBe('ok')
    expect(await codeOf(w.exchange(first.code, {}, w.node()))).toBe('invalid_code')
    expect(await stale()).toBe('revoked')
    await w.appgrant.close()
  })

  it('an overlong token is malformed at once, without a read (S45)', async () => {
    const w = await createSessionFixture(async () => memoryStore())
    const before = w.observed.calls.get
    const answer = await w.appgrant.authorizer.tryVerify(`ag_ut_${'a'.repeat(100_000)}`, { maxStalenessMs })
    expect(answer).toEqual({ ok: false, reason: 'malformed' })
    expect(w.observed.calls.get).toBe(before)
  })

  it('a larger maxStalenessMs counts as the option of createAppGrant, and 0 switches caching off (REV-9)', async () => {
    for (const [most, whenRevoked] of [
      [STALENESS, 'ok'],
      [0, 'app_suspended'],
    ] as const) {
      // Without hints.
      const { watch: _, ...deaf } = memoryStore()
      const w = await createSessionFixture(async () => deaf, { options: { maxStalenessMs: most } })
      const { access } = await w.start()
      const stale = async () => said(await w.appgrant.authorizer.tryVerify(access, { maxStalenessMs: 300_000 }))
      expect(await stale()).toBe('ok')
      await w.appgrant.apps.suspend(w.key)
      w.clock.advance(STALENESS - 1)
      expect(await stale()).toBe(whenRevoked)
      w.clock.advance(1)
      expect(await stale()).toBe('app_suspended')
    }
  })

  it('maxStalenessMs is a number from 0 to 300 000 (S40)', async () => {
    const w = await createSessionFixture(async () => memoryStore())
    const { access } = await w.start()
    for (const bad of [-1, 300_001, Number.NaN, Number.POSITIVE_INFINITY, '5', null, {}, [], true, Object(5)]) {
      const call = w.appgrant.authorizer.tryVerify(access, { maxStalenessMs: bad as number })
      expect(await codeOf(call)).toBe('invalid_request')
    }
    for (const good of [0, 0.5, 300_000, undefined]) {
      const options = good === undefined ? {} : { maxStalenessMs: good }
      expect(said(await w.appgrant.authorizer.tryVerify(access, options))).toBe('ok')
    }
  })

  describe('clock jumps', () => {
    function cached() {
      const times = { clock: 1_800_000_000_000, steady: 50 }
      let asked = 0
      let answer: Verification = {
        ok: true,
        kind: 'app',
        app: { key: 'k', name: 'n', owner: 'o' },
        account: 'o',
        scope: [],
        audience: [],
        tokenId: 't',
        issuedAt: new Date(times.clock),
        expiresAt: new Date(times.clock + HOUR),
      }
      let hint: (ref: RecordRef) => void = () => {}
      const ref = { kind: 't', partition: 'p', id: 'x' }
      const verifier = createCachingVerifier(
        {
          async verify(_, restsOn) {
            asked++
            restsOn?.([ref])
            return answer
          },
        },
        {
          maxStalenessMs: () => 300_000,
          maxLength: 200,
          clock: () => times.clock,
          steadyClock: () => times.steady,
          watch: async (changed) => {
            hint = changed
            return async () => {}
          },
        },
      )
      return {
        times,
        asks: () => asked,
        deny: () => {
          answer = { ok: false, reason: 'revoked' }
        },
        hint: () => hint(ref),
        stale: async () => said(await verifier.tryVerify('token', { maxStalenessMs })),
      }
    }

    it('nothing is taken from the cache if the clock jumped back before the read', async () => {
      const one = cached()
      await one.stale()
      one.deny()
      one.times.clock -= 1
      expect(await one.stale()).toBe('revoked')
    })

    it('the monotonic clock still counts if the clock jumps back by less than has passed', async () => {
      const one = cached()
      await one.stale()
      one.deny()
      one.times.steady += STALENESS - 1
      one.times.clock += 10
      expect(await one.stale()).toBe('ok')
      one.times.steady += 1
      expect(await one.stale()).toBe('revoked')
    })

    it('a jump forward expires cached results, and a jump back does not extend them', async () => {
      const one = cached()
      await one.stale()
      one.deny()
      one.times.clock += STALENESS
      expect(await one.stale()).toBe('revoked')
      one.times.clock -= STALENESS
      expect(await one.stale()).toBe('revoked')
    })

    it('a token is expired if the clock jumps beyond its expiry', async () => {
      const one = cached()
      await one.stale()
      one.deny()
      one.times.clock += HOUR
      expect(await one.stale()).toBe('revoked')
    })

    it('a denial or a change hint removes what was cached', async () => {
      const one = cached()
      await one.stale()
      const asked = one.asks()
      expect(await one.stale()).toBe('ok')
      expect(one.asks()).toBe(asked)
      one.hint()
      one.hint()
      expect(await one.stale()).toBe('ok')
      expect(one.asks()).toBe(asked + 1)
    })
  })
})
