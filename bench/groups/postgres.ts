import { randomBytes, randomUUID } from 'node:crypto'
import { Client, Pool } from 'pg'
import { postgresStore } from '../../dist/postgres.js'
import { startPostgres } from '../../test/support/servers/postgres.ts'
import { cycle, mint, platform } from '../apps.ts'
import { atOnce, interleaved, shuffled } from '../measure.ts'
import type { Bench, Group } from '../report.ts'
import { httpOnPostgres } from './http.ts'

/** By how many are in flight. */
const GOALS: Readonly<Record<number, { readonly verify: string; readonly issue: string }>> = {
  1: { verify: '>= 0.6', issue: '>= 0.6' },
  64: { verify: '>= 3', issue: '>= 3' },
}
/** As many connections as the store has for verifications, and for tokens. */
const CONNECTIONS = 2

/** One server beside raw statements of the same driver, over as many connections and as durable. */
export const postgres: Group = async (bench) => {
  const server = await startPostgres('fsync = on\nshared_buffers = 128MB\n')
  const admin = new Client(server.url)
  await admin.connect()
  await throughput(bench, server.url)
  await httpOnPostgres(bench, server.url)
  await regenerate(bench, server.url)
  await bytes(bench, server.url, admin)
  await sweeping(bench, server.url, admin)
  await admin.end()
  await server.stop()
}

async function fresh(url: string) {
  const table = `bench_${randomUUID().slice(0, 8)}`
  const store = postgresStore({ client: () => new Client(url), table })
  await store.prepare()
  return { ...(await platform(store)), store, table }
}

async function throughput(bench: Bench, url: string): Promise<void> {
  const { appgrant, key, secret } = await fresh(url)
  const tokens = cycle(await mint(appgrant, { key, secret }, 1000))
  const pool = new Pool({ connectionString: url, max: CONNECTIONS })
  // New tokens are not waited for either.
  const quick = new Pool({ connectionString: url, max: CONNECTIONS, options: '-c synchronous_commit=off' })
  const data = randomBytes(100).toString('hex')
  await pool.query('CREATE TABLE raw (id text PRIMARY KEY, data text NOT NULL)')
  await pool.query(`INSERT INTO raw SELECT 'raw:' || n, $1 FROM generate_series(0, 999) AS n`, [data])
  const ids = cycle(Array.from({ length: 1000 }, (_, at) => `raw:${at}`))
  const contenders = [
    { name: 'verify', run: () => appgrant.authorizer.tryVerify(tokens()) },
    { name: 'select', run: () => pool.query('SELECT data FROM raw WHERE id = $1', [ids()]) },
    { name: 'issue', run: () => appgrant.authorizer.clientCredentials({ key, secret }) },
    { name: 'insert', run: () => quick.query('INSERT INTO raw VALUES ($1, $2)', [randomUUID(), data]) },
  ]
  for (const inFlight of [1, 64, 256]) {
    const of = await interleaved(atOnce(inFlight, contenders), {
      // Short ones, because the machine changes from second to second, and a ratio is that of neighbours.
      rounds: bench.quick ? 3 : 21,
      millis: bench.quick ? 200 : 500,
    })
    const goals = GOALS[inFlight] ?? { verify: 'none', issue: 'none' }
    bench.compare({
      measure: `strict verify, ${inFlight} in flight`,
      goal: goals.verify,
      ours: of('verify'),
      reference: of('select'),
      against: 'raw SELECT by primary key',
    })
    bench.compare({
      measure: `issue, ${inFlight} in flight`,
      goal: goals.issue,
      ours: of('issue'),
      reference: of('insert'),
      against: 'raw INSERT, synchronous_commit off',
    })
  }
  await Promise.all([pool.end(), quick.end(), appgrant.close()])
}

async function regenerate(bench: Bench, url: string): Promise<void> {
  const many = bench.quick ? 2000 : 100_000
  const [few, crowd] = [await fresh(url), await fresh(url)]
  await mint(few.appgrant, few, 1)
  await mint(crowd.appgrant, crowd, many)
  const times = { few: [] as number[], crowd: [] as number[] }
  for (let round = 0; round < 15; round++) {
    for (const [name, one] of shuffled(Object.entries({ few, crowd }) as ['few' | 'crowd', typeof few][])) {
      const start = performance.now()
      await one.appgrant.apps.regenerateSecret(one.key)
      times[name].push(performance.now() - start)
    }
  }
  bench.row({
    measure: `regenerate with ${many.toLocaleString('en')} live tokens`,
    ours: times.crowd,
    reference: times.few,
    against: 'with one',
    unit: 'ms',
    goal: '<= 1.5',
  })
  await Promise.all([few.appgrant.close(), crowd.appgrant.close()])
}

async function bytes(bench: Bench, url: string, admin: Client): Promise<void> {
  const many = bench.quick ? 2000 : 50_000
  const one = await fresh(url)
  const before = await sizeOf(admin, one.table)
  await mint(one.appgrant, one, many)
  bench.row({
    measure: 'a token without user agent, with its index entries',
    ours: ((await sizeOf(admin, one.table)) - before) / many,
    reference: 1,
    against: 'one byte',
    unit: 'bytes',
    goal: 'none',
  })
  await one.appgrant.close()
}

/** Short tokens come and go: how large the table is after many of them, beside what is live at once. */
async function sweeping(bench: Bench, url: string, admin: Client): Promise<void> {
  const [many, live] = bench.quick ? [20_000, 2000] : [1_000_000, 100_000]
  const { store, table, appgrant } = await fresh(url)
  await admin.query('ALTER SYSTEM SET autovacuum_naptime = 5')
  await admin.query('SELECT pg_reload_conf()')
  const insert = (at: number) => {
    const id = randomUUID().replaceAll('-', '')
    // All but the last ones have expired long ago.
    const expiresAt = Date.now() + (at < many - live ? -120_000 : 3_600_000)
    const data = '{"digest":"0123456789012345678901234567890123456789012"}'
    return store.insert({
      kind: 't',
      partition: 'p0',
      id,
      groups: ['g'],
      position: expiresAt,
      expiresAt,
      revision: id,
      data,
    })
  }
  for (let at = 0; at < many; at += 200)
    await Promise.all(Array.from({ length: 200 }, (_, index) => insert(at + index)))
  const size = await sizeOf(admin, table)
  await admin.query(`VACUUM FULL ${table}`)
  bench.row({
    measure: `table and indexes after ${many.toLocaleString('en')} tokens of which ${live.toLocaleString('en')} live`,
    ours: size / 1e6,
    reference: (await sizeOf(admin, table)) / 1e6,
    against: 'the same, written anew',
    unit: 'MB',
    goal: 'none',
  })
  await appgrant.close()
}

async function sizeOf(admin: Client, table: string): Promise<number> {
  const { rows } = await admin.query('SELECT pg_total_relation_size($1)::float8 AS size', [table])
  return rows[0].size
}
