import type { MongoClient } from 'mongodb'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { describeWith } from '../support/servers/describe-with.ts'
import { DRIVERS, freshName, preparedStore } from '../support/servers/mongo-target.ts'
import { mongodBinary, mongodMissing, type ReplicaSet, startReplicaSet } from '../support/servers/mongod.ts'
import { until } from '../support/servers/until.ts'
import { DEADLINE_MS, report, startWorkload } from './mongo-workload.ts'

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
    const before = { ...work.seen }
    for (const member of others) await member.signal('SIGSTOP')
    await until('calls fail', async () => work.seen.failed > before.failed + 10)
    const without = work.seen.killed
    await until('more calls fail', async () => work.seen.failed > before.failed + 20)
    // The reply to a write that two members had already confirmed may still have been on its way.
    expect(work.seen.killed).toBe(without)
    for (const member of others) await member.signal('SIGCONT')
    await work.moreKills(100)
    const seen = { ...work.seen, ...(await work.stop()) }
    report('a majority stopped', seen)
    expect(seen).toMatchObject({ acceptedAfterKill: 0, lost: 0 })
    expect(seen.repeated).toBeGreaterThan(0)
    expect(seen.longestCallMs).toBeLessThan(DEADLINE_MS + LATE_MS)
  })
})
