import assert from 'node:assert/strict'
import { sqliteStore } from '../../../adapters/sqlite/sqlite-store.ts'
import { isNotApplied } from '../../../src/store/store.ts'
import { changed, groupOf, inMs, longPast, record, refOf, upTo } from '../../../src/testing/sample-records.ts'
import { column, type Handle, type Place, type SqliteCase, tapped } from './place.ts'

/** A store whose statements are recorded, with the synchronous level at every commit (1 is NORMAL, 2 is FULL). */
async function writtenDown(place: Place) {
  const handle = place.open(place.path())
  const said: string[] = []
  const store = sqliteStore(
    tapped(handle, (sql) => said.push(sql === 'COMMIT' ? `COMMIT at ${column(handle, 'PRAGMA synchronous')}` : sql)),
  )
  await store.prepare()
  const duringCall = async (call: () => Promise<unknown>) => {
    said.length = 0
    await call()
    return [...said]
  }
  const commitsOf = async (call: () => Promise<unknown>) =>
    (await duringCall(call)).filter((sql) => sql.startsWith('COMMIT'))
  return { store, duringCall, commitsOf }
}

/** A store on a handle that fails as `failing` says, and what the driver's error of that code looks like. */
async function failingAt(place: Place, failing: (sql: string, handle: Handle) => void) {
  const handle = place.open(place.path())
  let armed = false
  const store = sqliteStore(tapped(handle, (sql) => armed && failing(sql, handle)))
  await store.prepare()
  return {
    store,
    handle,
    arm: (on: boolean) => {
      armed = on
    },
  }
}

const driverError = (name: 'BUSY_RECOVERY' | 'FULL' | 'IOERR_FSYNC', errcode: number) =>
  Object.assign(new Error(`the disk says ${name}`), { code: `SQLITE_${name}`, errcode })

const expiring = () => record({ expiresAt: inMs(60_000), groups: ['g'] })

/** How writes reach the file: transactions, durability and rollback. */
export const commitCases: readonly SqliteCase[] = [
  {
    name: 'an expiring insert commits at NORMAL; any other insert, a durable one and a replace commit at FULL',
    async run(place) {
      const { store, commitsOf } = await writtenDown(place)
      const [token, app] = [expiring(), record()]
      assert.deepEqual(await commitsOf(() => store.insert(token)), ['COMMIT at 1'])
      assert.deepEqual(await commitsOf(() => store.insert(app)), ['COMMIT at 2'])
      assert.deepEqual(await commitsOf(() => store.insert(expiring())), ['COMMIT at 1'])
      assert.deepEqual(await commitsOf(() => store.insert(expiring(), { durable: true })), ['COMMIT at 2'])
      assert.deepEqual(await commitsOf(() => store.insert(expiring())), ['COMMIT at 1'])
      assert.deepEqual(await commitsOf(() => store.replace(token, changed(token))), ['COMMIT at 2'])
    },
  },
  {
    name: 'the writes of one turn share one commit, at FULL if one of them is durable',
    async run(place) {
      const { store, commitsOf } = await writtenDown(place)
      const app = record()
      await store.insert(app)
      const appgrant = () => upTo(50).map(() => store.insert(expiring()))
      assert.deepEqual(await commitsOf(() => Promise.all(appgrant())), ['COMMIT at 1'])
      const mixed = () => Promise.all([...appgrant(), store.replace(app, changed(app)), ...appgrant()])
      assert.deepEqual(await commitsOf(mixed), ['COMMIT at 2'])
    },
  },
  {
    name: 'a get is one SELECT and no transaction, whatever the number of refs, and so are the gets of one turn',
    async run(place) {
      const { store, duringCall } = await writtenDown(place)
      const all = upTo(600).map(() => record())
      await Promise.all(all.map((one) => store.insert(one)))
      const asked = [...all.map(refOf), refOf(record())]
      const said = await duringCall(async () => assert.deepEqual(await store.get(asked), [...all, undefined]))
      assert.equal(said.length, 1, said.join('\n'))
      const together = await duringCall(() => Promise.all(all.slice(0, 200).map((one) => store.get([refOf(one)]))))
      assert.equal(together.length, 1)
    },
  },
  {
    name: 'a write that the database refuses fails alone, marked as not applied, among the writes of its turn',
    async run(place) {
      const store = place.store(place.path())
      const good = upTo(20).map(() => record({ groups: ['g'] }))
      const bad = record({ groups: ['g'], data: null as never })
      const outcomes = await Promise.allSettled(
        [...good.slice(0, 10), bad, ...good.slice(10)].map((one) => store.insert(one)),
      )
      const [refused, ...others] = [outcomes[10], ...outcomes.slice(0, 10), ...outcomes.slice(11)]
      assert.ok(refused?.status === 'rejected' && isNotApplied(refused.reason))
      for (const other of others) assert.deepEqual(other, { status: 'fulfilled', value: 'inserted' })
      assert.equal(await store.count(groupOf('g'), 0), 20)
      assert.deepEqual(await store.get([bad]), [undefined])
    },
  },
  {
    name: 'a commit that finds the disk full is marked as not applied and leaves nothing',
    async run(place) {
      const { store, arm } = await failingAt(place, (sql) => {
        if (sql === 'COMMIT') throw driverError('FULL', 13)
      })
      const app = record({ groups: ['g'] })
      arm(true)
      await assert.rejects(store.insert(app), isNotApplied)
      arm(false)
      assert.deepEqual(await store.get([app]), [undefined])
      assert.equal(await store.count(groupOf('g'), 0), 0)
      assert.equal(await store.insert(app), 'inserted')
    },
  },
  {
    name: 'a commit whose fsync failed has an unknown outcome, and the store continues',
    async run(place) {
      const { store, arm } = await failingAt(place, (sql, handle) => {
        if (sql !== 'COMMIT') return
        handle.exec('COMMIT')
        throw driverError('IOERR_FSYNC', 1034)
      })
      const app = record()
      arm(true)
      const error = await store.insert(app).catch((caught) => caught)
      arm(false)
      assert.match(error.message, /IOERR_FSYNC/)
      assert.equal(isNotApplied(error), false)
      assert.equal(await store.insert(app), 'exists')
      assert.equal(await store.replace(app, changed(app)), true)
    },
  },
  {
    name: 'a read waits for a lock, as during recovery of the log of a crashed process, but not forever',
    async run(place) {
      let refusals = 5
      const { store, arm } = await failingAt(place, (sql) => {
        if (sql.startsWith('SELECT') && refusals-- > 0) throw driverError('BUSY_RECOVERY', 261)
      })
      const app = record({ groups: ['g'] })
      await store.insert(app)
      arm(true)
      assert.deepEqual(await store.get([app]), [app])
      assert.equal(refusals, -1)
      refusals = Number.POSITIVE_INFINITY
      const start = performance.now()
      await assert.rejects(store.count(groupOf('g'), 0), {
        code: 'store_unavailable',
        message: /locked by another process/,
      })
      const waited = performance.now() - start
      assert.ok(waited >= 690 && waited < 3000, `waited ${waited} ms`)
    },
  },
  {
    name: 'a write deletes at most 16 expired records, and none that expired within the last 60 s',
    async run(place) {
      const path = place.path()
      const store = place.store(path)
      await store.prepare()
      const handle = place.open(path)
      const plant = (ids: readonly string[], expiresAt: number) => {
        for (const id of ids) {
          handle.exec(`INSERT INTO record VALUES ('p0 thing ${id}', ${expiresAt}, ${expiresAt}, 'r', 'g h', '{}')`)
          for (const group of ['g', 'h'])
            handle.exec(`INSERT INTO member VALUES ('p0 thing ${group}', ${expiresAt}, '${id}')`)
        }
      }
      plant(
        upTo(40).map((n) => `old${n}`),
        longPast(),
      )
      plant(
        upTo(5).map((n) => `slack${n}`),
        inMs(-30_000),
      )
      const left = () => column(handle, 'SELECT count(*) FROM record UNION ALL SELECT count(*) FROM member').map(Number)
      const lasting = record()
      const counts = []
      await store.insert(lasting)
      counts.push(left())
      await store.insert(expiring())
      counts.push(left())
      await store.replace(lasting, changed(lasting))
      counts.push(left())
      await store.insert(record())
      counts.push(left())
      // Each record is in two lists, the one that expires later in one, the lasting ones in none.
      assert.deepEqual(counts, [
        [30, 58],
        [15, 27],
        [7, 11],
        [8, 11],
      ])
    },
  },
  {
    name: 'a loop of reads lets timers and writes run',
    async run(place) {
      const store = place.store(place.path())
      let app = record()
      await store.insert(app)
      const reads = [
        () => store.get([app]),
        () => store.count(groupOf('g'), 0),
        () => store.list(groupOf('g'), { limit: 1 }),
      ]
      for (const read of reads) {
        const from = app
        app = changed(from)
        let replaced = false
        const writing = store.replace(from, app).then(() => {
          replaced = true
        })
        let turns = 0
        for (; !replaced && turns < 1000; turns++) await read()
        await writing
        assert.ok(turns < 1000)
      }
    },
  },
]
