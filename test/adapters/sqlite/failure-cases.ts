import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { MAX_LOCK_WAIT_MS } from '../../../adapters/sqlite/commit-queue.ts'
import { sqliteStore } from '../../../adapters/sqlite/sqlite-store.ts'
import { isAppGrantError } from '../../../src/base/errors.ts'
import { isNotApplied } from '../../../src/store/store.ts'
import { changed, groupOf, record, upTo } from '../../../src/testing/sample-records.ts'
import { column, type SqliteCase } from './place.ts'

/** Rejects unless `call` rejects with a `store_unavailable` of that message, hint and cause. */
async function unusableFor(
  call: Promise<unknown>,
  { message, hint }: { message: RegExp; hint: RegExp },
): Promise<void> {
  const error = await call.then(
    () => assert.fail('it did not reject'),
    (caught) => caught,
  )
  assert.ok(isAppGrantError(error, 'store_unavailable'), String(error?.stack ?? error))
  assert.match(error.message, message)
  assert.match(error.hint, hint)
  assert.doesNotMatch(error.message, /appgrant-sqlite-/, 'the path may not reach a client')
}

/** Prepare and every call fail with that message, and the calls are marked as not applied. */
async function refusesAll(file: string | object, expected: { message: RegExp; hint: RegExp }): Promise<void> {
  const store = sqliteStore(file)
  await unusableFor(store.prepare(), expected)
  const one = record()
  const group = groupOf('g')
  const calls = [
    () => store.insert(one),
    () => store.replace(one, changed(one)),
    () => store.get([one]),
    () => store.list(group, { limit: 1 }),
    () => store.count(group, 0),
  ]
  for (const call of calls) {
    const error = await call().then(
      () => assert.fail('it did not reject'),
      (caught) => caught,
    )
    assert.ok(isNotApplied(error))
    await unusableFor(Promise.reject(error.cause), expected)
  }
  await store.close()
}

/** The same error for a path, which the driver of this machine opens, and for a handle of this place. */
const both = (place: Parameters<SqliteCase['run']>[0], path: string) => [path, place.open(path)]

/** What cannot work says so with the fix, and changes nothing. */
export const failureCases: readonly SqliteCase[] = [
  {
    name: 'a file of another program is refused and left as it is',
    async run(place) {
      for (const setUp of ['CREATE TABLE theirs (x)', 'PRAGMA application_id = 7', 'PRAGMA user_version = 7']) {
        const path = place.path()
        const theirs = place.open(path)
        theirs.exec(setUp)
        theirs.close()
        const before = readFileSync(path)
        const handle = place.open(path)
        for (const file of [path, handle]) await refusesAll(file, { message: /another program/, hint: /another path/ })
        handle.close()
        assert.deepEqual(readFileSync(path), before)
        assert.equal(existsSync(`${path}-wal`), false)
      }
    },
  },
  {
    name: 'a schema of a newer version is refused and left as it is',
    async run(place) {
      const path = place.path()
      await place.store(path).prepare()
      place.open(path).exec('PRAGMA user_version = 2')
      for (const file of both(place, path))
        await refusesAll(file, { message: /version 2\b.* 1$/, hint: /update appgrant/ })
      assert.deepEqual(column(place.open(path), 'SELECT user_version FROM pragma_user_version').map(Number), [2])
    },
  },
  {
    name: 'a file that is not a database is refused and left as it is',
    async run(place) {
      const path = place.path()
      const text = 'not a database, but the notes of somebody\n'.repeat(200)
      writeFileSync(path, text)
      for (const file of both(place, path))
        await refusesAll(file, { message: /not an SQLite database/, hint: /another path/ })
      assert.equal(readFileSync(path, 'utf8'), text)
    },
  },
  {
    name: 'a truncated file is refused',
    async run(place) {
      const path = await filled(place)
      truncateSync(path, 3 * 4096)
      for (const file of both(place, path)) await refusesAll(file, { message: /damaged/, hint: /restore a backup/ })
    },
  },
  {
    name: 'a damaged page fails the calls that read it, and a write is not applied',
    async run(place) {
      const path = await filled(place)
      const pages = readFileSync(path).length / 4096
      const file = openSync(path, 'r+')
      for (const page of upTo(pages).slice(1)) writeSync(file, randomBytes(4096), 0, 4096, page * 4096)
      closeSync(file)
      const store = sqliteStore(path)
      await unusableFor(store.get([record()]), { message: /damaged/, hint: /restore a backup/ }).catch(async () => {
        // It depends on the page whether opening already reads it.
        await assert.rejects(store.get([record()]), isNotApplied)
      })
      await assert.rejects(store.insert(record()), isNotApplied)
      await store.close()
    },
  },
  {
    name: 'a file locked by another connection is waited for without blocking, for less than the deadline of core',
    async run(place) {
      const path = place.path()
      const store = place.store(path)
      const app = record()
      await store.insert(app)
      const other = place.open(path)
      other.exec('BEGIN IMMEDIATE')
      const start = performance.now()
      let turns = 0
      const ticking = setInterval(() => turns++, 5)
      const writes = [store.insert(record()), store.replace(app, changed(app)), store.insert(record())]
      const outcomes = await Promise.allSettled(writes)
      clearInterval(ticking)
      const waited = performance.now() - start
      assert.ok(MAX_LOCK_WAIT_MS <= 800, 'core waits for 1000 ms')
      for (const outcome of outcomes) assert.ok(outcome.status === 'rejected' && isNotApplied(outcome.reason))
      assert.ok(waited >= 690 && waited < 3000, `waited ${waited} ms`)
      assert.ok(turns > 10, `${turns} turns`)
      assert.deepEqual(await store.get([app]), [app], 'readers need not wait')
      other.exec('ROLLBACK')
      assert.equal(await store.replace(app, changed(app)), true)
    },
  },
  {
    name: 'a lock released in time only delays a write',
    async run(place) {
      const path = place.path()
      const store = place.store(path)
      await store.prepare()
      const other = place.open(path)
      other.exec('BEGIN IMMEDIATE')
      const app = record()
      const writing = store.insert(app)
      let done = false
      void writing.then(() => {
        done = true
      })
      for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve))
      assert.equal(done, false)
      other.exec('ROLLBACK')
      assert.equal(await writing, 'inserted')
    },
  },
  {
    name: 'opening a file that another connection locks exclusively fails with a clear error and works afterwards',
    async run(place) {
      const path = await filled(place)
      const other = place.open(path)
      other.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE')
      const store = place.store(path)
      await unusableFor(store.prepare(), { message: /locked by another process/, hint: /Stop the process/ })
      await assert.rejects(store.insert(record()), isNotApplied)
      other.exec('ROLLBACK')
      other.close()
      await store.prepare()
      assert.equal(await store.insert(record()), 'inserted')
    },
  },
  {
    name: 'a read-only handle is refused',
    async run(place) {
      const handle = place.open(await filled(place), { readonly: true })
      await refusesAll(handle, { message: /read-only/, hint: /Allow this process to write/ })
    },
  },
  {
    name: 'a file that cannot grow refuses writes, leaves nothing half written, and accepts writes when there is room',
    async run(place) {
      const path = place.path()
      const handle = place.open(path)
      const store = sqliteStore(handle)
      await store.prepare()
      handle.exec('PRAGMA max_page_count = 20')
      const big = (n: number) => record({ id: `big${n}`, groups: ['g'], data: JSON.stringify('x'.repeat(3000)) })
      const outcomes = await Promise.allSettled(upTo(40).map((n) => store.insert(big(n))))
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected')
      assert.ok(refused.length > 10 && refused.length < 40, `${refused.length} refused`)
      for (const { reason } of refused) {
        assert.ok(isNotApplied(reason))
        await unusableFor(Promise.reject(reason.cause), { message: /disk is full/, hint: /Free space/ })
      }
      const stands = await store.get(upTo(40).map(big))
      stands.forEach((found, n) => {
        assert.equal(found !== undefined, outcomes[n]?.status === 'fulfilled')
      })
      assert.equal(await store.count(groupOf('g'), 0), 40 - refused.length)
      handle.exec('PRAGMA max_page_count = 2000')
      assert.equal(await store.insert(record({ groups: ['g'], data: JSON.stringify('x'.repeat(3000)) })), 'inserted')
    },
  },
  {
    name: 'an error names a missing folder, and the same store works once it exists',
    async run(place) {
      const folder = join(place.folder, `folder-${place.path().slice(-12, -3)}`)
      const store = sqliteStore(join(folder, 'appgrant.db'))
      await unusableFor(store.prepare(), { message: /cannot be opened/, hint: /folder/ })
      mkdirSync(folder)
      assert.equal(await store.insert(record()), 'inserted')
      await store.close()
    },
  },
  {
    name: 'an in-memory database is refused, and a value that is neither path nor database is a TypeError',
    async run(place) {
      await refusesAll(place.open(':memory:'), { message: /journal mode 'memory'/, hint: /local disk/ })
      for (const file of ['', ':memory:', undefined, null, 5, {}, [], new URL('file:///tmp/a.db')])
        assert.throws(() => sqliteStore(file as never), {
          name: 'TypeError',
          message: /^sqliteStore: file: expected a path/,
        })
    },
  },
  {
    name: 'the store refuses reads and writes while its host is inside a transaction on the handle',
    async run(place) {
      const handle = place.open(place.path())
      const store = sqliteStore(handle)
      await store.prepare()
      handle.exec('BEGIN')
      await assert.rejects(store.get([record()]), /failed/)
      await assert.rejects(store.insert(record()), isNotApplied)
      handle.exec('ROLLBACK')
      assert.equal(await store.insert(record()), 'inserted')
    },
  },
]

/** The path of a closed database with 500 records. */
async function filled(place: Parameters<SqliteCase['run']>[0]): Promise<string> {
  const path = place.path()
  const handle = place.open(path)
  const store = sqliteStore(handle)
  await Promise.all(upTo(500).map(() => store.insert(record({ groups: ['g'] }))))
  await store.close()
  handle.close()
  return path
}
