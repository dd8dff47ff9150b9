import assert from 'node:assert/strict'
import type { MongoClient } from 'mongodb'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type AppGrant, createAppGrant } from '../../src/index.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { DRIVERS, freshName, preparedStore } from '../support/servers/mongo-target.ts'
import { mongodBinary, mongodMissing, type ReplicaSet, startReplicaSet } from '../support/servers/mongod.ts'
import { until } from '../support/servers/until.ts'
import { DEADLINE_MS, report, startWorkload } from './workload.ts'

// A busy machine wakes a timer late.
const LATE_MS = 500

describeWith('mongoStore under faults of a replica set', { found: mongodBinary, missing: mongodMissing }, () => {
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
  const startOnBoth = async () => {
    const name = freshName()
    const [one, two] = clients as [MongoClient, MongoClient]
    return startWorkload([await preparedStore(one, name), await preparedStore(two, name)])
  }

  it('faults: kill -9 of the primary under load loses no acknowledged revocation, and no call hangs (REV-3)', async () => {
    const work = await startOnBoth()
    await work.moreKills(100)
    for (let round = 0; round < 2; round++) {
      const primary = await set.primary()
      await primary.signal('SIGKILL')
      await set.primary(primary)
      await work.moreKills(100)
      await primary.restart()
    }
    const seen = { ...work.seen, ...(await work.stop()) }
    report('kill -9 of the primary', seen)
    expect(seen).toMatchObject({ acceptedAfterKill: 0, lost: 0 })
    expect(seen.longestCallMs).toBeLessThan(DEADLINE_MS + LATE_MS)
  })

  it('faults: a primary that was stopped until another was elected accepts nothing when it wakes (REV-3)', async () => {
    const work = await startOnBoth()
    await work.moreKills(100)
    for (let round = 0; round < 3; round++) {
      const primary = await set.primary()
      await primary.signal('SIGSTOP')
      await set.primary(primary)
      await work.moreKills(100)
      await primary.signal('SIGCONT')
      await work.moreKills(100)
      await until('the woken one stepped down', async () => !(await primary.command({ hello: 1 })).isWritablePrimary)
    }
    const seen = { ...work.seen, ...(await work.stop()) }
    report('SIGSTOP of the primary', seen)
    expect(seen).toMatchObject({ acceptedAfterKill: 0, lost: 0 })
    expect(seen.longestCallMs).toBeLessThan(DEADLINE_MS + LATE_MS)
  })

  it('faults: a revocation without a majority has an unknown outcome, and its repeat confirms it (REV-7)', async () => {
    const work = await startOnBoth()
    await work.moreKills(100)
    const primary = await set.primary()
    const others = set.members.filter((member) => member !== primary)
    const one = await work.insert()
    assert(one)
    const before = { ...work.seen }
    for (const member of others) await member.signal('SIGSTOP')
    await until('calls fail', async () => work.seen.failed > before.failed + 10)
    const without = work.seen.killed
    await until('more calls fail', async () => work.seen.failed > before.failed + 20)
    // The reply to a write that two members had already confirmed may still have been on its way.
    expect(work.seen.killed).toBe(without)
    const killed = work.kill(one)
    await until('its outcome is unknown', async () => work.seen.unknown > before.unknown)
    for (const member of others) await member.signal('SIGCONT')
    await killed
    await work.moreKills(100)
    const seen = { ...work.seen, ...(await work.stop()) }
    report('a majority stopped', seen)
    expect(seen).toMatchObject({ acceptedAfterKill: 0, lost: 0 })
    expect(seen.repeated).toBeGreaterThan(0)
    expect(seen.longestCallMs).toBeLessThan(DEADLINE_MS + LATE_MS)
  })

  it.each(DRIVERS)('faults: close ends within the deadline while the primary hangs, $driver', async ({ Client }) => {
    const client = new Client(set.url)
    const store = await preparedStore(client)
    const appgrant = [1, 2].map(() => createAppGrant({ store: { ...store } }))
    const [listening, unheard] = appgrant as [AppGrant, AppGrant]
    try {
      const { accessToken } = await trustedToken(listening)
      expect(await listening.authorizer.tryVerify(accessToken, { maxStalenessMs: 60_000 })).toMatchObject({ ok: true })
      await until('hints are followed', async () => {
        const { inprog } = await (await set.primary()).command({ currentOp: 1, $all: true, ns: /appgrant_tests/ })
        return (inprog as readonly object[]).some((one) => JSON.stringify(one).includes('$changeStream'))
      })
      const primary = await set.primary()
      await primary.signal('SIGSTOP')
      try {
        // This one asks to be told of changes while the primary hangs.
        void unheard.authorizer.tryVerify(accessToken, { maxStalenessMs: 60_000 }).catch(() => {})
        const closing = appgrant.map(async (one) => {
          const began = performance.now()
          await one.close()
          return performance.now() - began
        })
        for (const ms of await Promise.all(closing)) expect(ms).toBeLessThan(DEADLINE_MS + LATE_MS)
      } finally {
        await primary.signal('SIGCONT')
      }
    } finally {
      await client.close()
    }
  })
})

async function trustedToken({ apps, authorizer }: AppGrant) {
  const fields = { owner: 'o', name: 'n', homepage: 'https://a.example/', adminEmail: 'a@a.example', trusted: true }
  const { app, secret } = await apps.register(fields)
  return authorizer.clientCredentials({ key: app.key, secret })
}
