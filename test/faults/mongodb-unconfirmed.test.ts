import type { MongoClient } from 'mongodb'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { codeOf } from '../support/code-of.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { DRIVERS, freshName, preparedStore } from '../support/servers/mongo-target.ts'
import {
  type Mongod,
  mongodBinary,
  mongodMissing,
  type ReplicaSet,
  startReplicaSet,
} from '../support/servers/mongod.ts'
import { until } from '../support/servers/until.ts'
import { expectAlive } from '../support/session-checks.ts'
import { createSessionFixture, tokensOf } from '../support/session-fixture.ts'

/** What a caller gets for a write that no majority has. */
const UNCONFIRMED = ['outcome_unknown', 'store_unavailable']

describeWith('faults: a primary without a majority', { found: mongodBinary, missing: mongodMissing }, () => {
  let set: ReplicaSet
  let clients: MongoClient[]
  beforeEach(async () => {
    set = await startReplicaSet()
    clients = DRIVERS.map(({ Client }) => new Client(set.url))
  })
  afterEach(async () => {
    await Promise.all(clients.map((client) => client.close()))
    await set?.stop()
  })

  const wake = (members: readonly Mongod[]) => Promise.all(members.map((member) => member.signal('SIGCONT')))
  it.each([
    {
      afterwards: 'another one is elected, which never had them',
      recover: async (primary: Mongod, others: readonly Mongod[]) => {
        await primary.signal('SIGKILL')
        await wake(others)
        await set.primary(primary)
      },
    },
    {
      afterwards: 'the others come back',
      recover: async (_: Mongod, others: readonly Mongod[]) => {
        await wake(others)
        await set.primary()
      },
    },
  ])(
    'neither writes nor their repeats on any node are confirmed, no token is denied, and once $afterwards the sessions go on (TOK-8, TOK-9, REV-7, ERR-1)',
    async ({ recover }) => {
      const name = freshName()
      const [one, two] = clients as [MongoClient, MongoClient]
      const w = await createSessionFixture(() => preparedStore(one, name), { options: { timeoutMs: 1000 } })
      const { time: _, ...store } = await preparedStore(two, name)
      const other = w.node({ store })
      const [first, doomed, code] = [await w.start(), await w.start(), await w.code()]
      const primary = await set.primary()
      const others = set.members.filter((member) => member !== primary)

      // The tokens are stored; the steps of the sessions are what the majority never gets.
      const held = [w.store.hold('replace'), w.store.hold('replace')]
      const calls = [codeOf(w.refresh(first.refresh)), codeOf(w.exchange(code))]
      for (const { reached } of held) await reached
      for (const member of others) await member.signal('SIGSTOP')
      const written = w.observed.written.filter(({ kind }) => kind === 's')
      const sessions = [...new Map(written.map((record) => [record.id, record])).values()]
      for (const { release } of held) release()
      // The primary has them, and serves reads until it steps down: a repeat must not believe what it reads.
      await until('the primary has the steps', async () => {
        const found = await store.get(sessions)
        return found.filter((one, at) => one?.revision !== sessions[at]?.revision).length === calls.length
      })
      expect(UNCONFIRMED).toContain(await codeOf(w.refresh(first.refresh, {}, other)))
      expect(await Promise.all(calls)).toEqual(['outcome_unknown', 'outcome_unknown'])

      const by = { key: w.key, secret: w.secret, token: doomed.access }
      for (const node of [other, w.appgrant]) {
        expect(UNCONFIRMED).toContain(await codeOf(w.refresh(first.refresh, {}, node)))
        expect(UNCONFIRMED).toContain(await codeOf(node.authorizer.revokeToken(by)))
        expect(['ok', 'store_unavailable']).toContain(await codeOf(node.authorizer.verify(first.access)))
      }
      for (let n = 0; n < 2; n++) expect(UNCONFIRMED).toContain(await codeOf(w.exchange(code)))

      await recover(primary, others)
      for (const node of [w.appgrant, other])
        await until('writes are confirmed', async () => (await codeOf(node.authorizer.revokeToken(by))) === 'ok')
      expect(await w.verify(doomed.access, other)).toBe('revoked')
      const second = tokensOf(await w.refresh(first.refresh, {}, other))
      expect(tokensOf(await w.refresh(first.refresh)).refresh).toBe(second.refresh)
      await expectAlive(w, second)
      await expectAlive(w, tokensOf(await w.exchange(code)))
    },
  )
})
