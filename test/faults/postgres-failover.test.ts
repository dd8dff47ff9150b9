import { Client } from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type PostgresStore, postgresStore } from '../../adapters/postgres/postgres-store.ts'
import { guardedStore } from '../../src/store/guarded-store.ts'
import { isNotApplied, type Store } from '../../src/store/store.ts'
import { changed, inMs, record, upTo } from '../../src/testing/sample-records.ts'
import { codeOf } from '../support/code-of.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { quietly } from '../support/servers/mongo-target.ts'
import { type Postgres, postgresBinaries, postgresMissing, startPostgres } from '../support/servers/postgres.ts'
import { until } from '../support/servers/until.ts'
import { unwatchedLoad } from '../support/unwatched-load.ts'
import { DEADLINE_MS, report, startWorkload } from './workload.ts'

const LATE_MS = 1000

describeWith('postgresStore with a synchronous standby', { found: postgresBinaries, missing: postgresMissing }, () => {
  let primary: Postgres
  let standby: Postgres
  const stores: PostgresStore[] = []
  beforeEach(async () => {
    primary = await startPostgres()
    standby = await primary.startStandby()
    await primary.sql("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
    await primary.sql('SELECT pg_reload_conf()')
    await until('the standby is synchronous', async () => {
      const [row] = await primary.sql("SELECT sync_state = 'sync' AS is_sync FROM pg_stat_replication")
      return row?.is_sync === true
    })
  })
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()))
    await Promise.all([primary?.stop(), standby?.stop()])
  })
  const storeOn = (url: () => string) => {
    const store = postgresStore({ client: () => new Client(url()) })
    stores.push(store)
    return store
  }
  const prepared = async (url: () => string) => {
    const store = storeOn(url)
    await quietly(() => store.prepare())
    return store
  }
  const guarded = (store: Store) =>
    guardedStore(store, { timeoutMs: DEADLINE_MS, load: unwatchedLoad(), failed: () => {} })
  const writersAtWork = async () => {
    const [row] = await primary.sql("SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
    return Number(row?.n)
  }

  it('faults: a failover to the standby under load loses no acknowledged revocation, and no call hangs (REV-3)', async () => {
    let current = primary
    const url = () => current.url
    const work = startWorkload([await prepared(url), await prepared(url)])
    await work.moreKills(100)
    await primary.signal('SIGKILL')
    await standby.promote()
    current = standby
    await work.moreKills(100)
    const seen = { ...work.seen, ...(await work.stop()) }
    report('failover of PostgreSQL', seen)
    expect(seen).toMatchObject({ acceptedAfterKill: 0, lost: 0 })
    expect(seen.longestCallMs).toBeLessThan(DEADLINE_MS + LATE_MS)
  })

  it('faults: without the standby revocations are unknown, tokens are issued and verified, and connections stay few (REV-7)', async () => {
    const store = await prepared(() => primary.url)
    const core = guarded(store)
    const records = upTo(20).map(() => record())
    await Promise.all(records.map((one) => store.insert(one)))
    await standby.signal('SIGSTOP')
    const [first = record()] = records
    const began = performance.now()
    let most = 0
    for (let attempt = 0; performance.now() - began < 4000; attempt++) {
      const one = records[attempt % records.length] ?? first
      const code = await codeOf(core.replace(one, changed(one)))
      // With all connections waiting for the standby, a call finds none.
      expect(['outcome_unknown', 'store_unavailable']).toContain(code)
      const token = record({ expiresAt: inMs(60_000) })
      expect(await core.insert(token)).toBe('inserted')
      expect(await core.get([token])).toEqual([token])
      most = Math.max(most, await writersAtWork())
    }
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(3)
    // What was not confirmed is not visible either.
    expect(await core.get(records)).toEqual(records)
    await standby.signal('SIGCONT')
    await until('nothing waits', async () => (await writersAtWork()) === 0)
    const [stored = first] = await store.get([first])
    expect(await until('a repeat is confirmed', () => store.replace(stored as typeof first, changed(first)))).toBe(true)
  })

  it('faults: a commit that is cancelled while it waits for the standby is not reported as done (REV-7)', async () => {
    const store = await prepared(() => primary.url)
    const one = record()
    await store.insert(one)
    await standby.signal('SIGSTOP')
    const replacing = store.replace(one, changed(one)).catch((error: unknown) => error)
    await until('it waits', async () => (await writersAtWork()) === 1)
    await primary.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
    const error = await replacing
    expect(error).toBeInstanceOf(Error)
    expect(isNotApplied(error)).toBe(false)
    await standby.signal('SIGCONT')
  })

  it('faults: a primary that is cut off confirms no revocation, and serves old reads until it is stopped (REV-3)', async () => {
    const old = await prepared(() => primary.url)
    const [one, another] = [record(), record()]
    await Promise.all([old.insert(one), old.insert(another)])
    await standby.promote()
    const store = await until('the standby is the primary', async () => prepared(() => standby.url))
    const revoked = changed(one)
    expect(await store.replace(one, revoked)).toBe(true)
    // As docs/postgres.md says.
    expect(await old.get([one])).toEqual([one])
    expect(await codeOf(guarded(old).replace(another, changed(another)))).toBe('outcome_unknown')
    expect(await store.get([one, another])).toEqual([revoked, another])
    await primary.signal('SIGKILL')
    await expect(old.get([one])).rejects.toThrow()
  })

  it('faults: a standby is refused for everything, and the store works once it is promoted (REV-3)', async () => {
    await prepared(() => primary.url)
    const store = storeOn(() => standby.url)
    const one = record()
    await expect(store.prepare()).rejects.toThrow(/is a standby/)
    const core = guarded(store)
    for (const call of [() => core.get([one]), () => core.insert(one), () => core.replace(one, one)])
      expect(await codeOf(call())).toBe('store_unavailable')
    await primary.signal('SIGKILL')
    await standby.promote()
    expect(await until('it works', () => store.get([one]))).toEqual([undefined])
  })
})
