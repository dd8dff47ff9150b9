import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { redisStore } from '../../adapters/redis/redis-store.ts'
import { codeOf } from '../support/code-of.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { drivers } from '../support/servers/ioredis.ts'
import { type RedisServer, redisServer, replicate, startPair } from '../support/servers/redis.ts'
import { expectAlive } from '../support/session-checks.ts'
import { createSessionFixture, tokensOf } from '../support/session-fixture.ts'

describeWith('faults: a refresh whose replica is cut off', redisServer, () => {
  let pair: Awaited<ReturnType<typeof startPair>>
  beforeAll(async () => {
    pair = await startPair()
  })
  afterAll(() => pair?.stop())

  describe.each(drivers)('$driver', ({ single }) => {
    const storeOn = ({ address }: RedisServer, replicas: number) => {
      const durability = { replicas, timeoutMs: 200 }
      const store = redisStore({ client: single(address), ...(replicas > 0 && { durability }) })
      onTestFinished(() => store.close())
      return store
    }

    it('neither it nor its repeat on any node is confirmed, and after the promotion of the replica the session goes on (TOK-8, REV-7)', async () => {
      const w = await createSessionFixture(async () => storeOn(pair.master, 1))
      const other = w.node({ store: withoutTime(storeOn(pair.master, 1)) })
      const first = await w.start()
      const code = await w.code()
      // It keeps what it has.
      await pair.replica.client.replicaof('127.0.0.1', 1)
      for (const node of [w.appgrant, other, w.appgrant, other])
        expect(await codeOf(w.refresh(first.refresh, {}, node))).toBe('outcome_unknown')
      for (const _ of [1, 2]) expect(await codeOf(w.exchange(code))).toBe('outcome_unknown')

      await pair.replica.client.replicaof('NO', 'ONE')
      const promoted = w.node({ store: withoutTime(storeOn(pair.replica, 0)) })
      const second = tokensOf(await w.refresh(first.refresh, {}, promoted))
      expect(await w.verify(second.access, promoted)).toBe('ok')
      expect(await codeOf(w.exchange(code, {}, promoted))).toBe('ok')

      // The same without a failover: the repeat is confirmed once the replica is back.
      await replicate(pair.replica, pair.master)
      const again = tokensOf(await w.refresh(first.refresh, {}, other))
      expect(again.refresh).toBe(second.refresh)
      await expectAlive(w, again)
      await expectAlive(w, tokensOf(await w.exchange(code)))
    })
  })
})

/** The clock of a test is not that of a server. */
function withoutTime({ time: _, ...store }: ReturnType<typeof redisStore>) {
  return store
}
