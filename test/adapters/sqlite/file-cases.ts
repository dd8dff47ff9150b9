import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { sqliteStore } from '../../../adapters/sqlite/sqlite-store.ts'
import { isNotApplied } from '../../../src/store/store.ts'
import { changed, groupOf, record, upTo } from '../../../src/testing/sample-records.ts'
import { column, type SqliteCase } from './place.ts'

/** The file itself: when it is opened, who shares it, how it is kept. */
export const fileCases: readonly SqliteCase[] = [
  {
    name: 'nothing is opened before the first use, and prepare may be repeated',
    async run(place) {
      const path = place.path()
      const store = sqliteStore(path)
      await new Promise((resolve) => setImmediate(resolve))
      assert.equal(existsSync(path), false)
      await Promise.all([store.prepare(), store.prepare()])
      await store.prepare()
      assert.equal(existsSync(path), true)
      await store.close()
    },
  },
  {
    name: 'close waits for pending writes and closes what the store opened, not what it was given',
    async run(place) {
      const path = place.path()
      const mine = sqliteStore(path)
      const records = upTo(5).map(() => record({ groups: ['g'] }))
      await mine.prepare()
      const writing = Promise.all(records.map((one) => mine.insert(one)))
      await mine.close()
      assert.deepEqual(await writing, Array(5).fill('inserted'))
      // Closing the last connection removes the log.
      assert.equal(existsSync(`${path}-wal`), false)
      await assert.rejects(mine.get([record()]), isNotApplied)
      await assert.rejects(mine.insert(record()), isNotApplied)
      await assert.rejects(mine.prepare(), /closed/)
      await mine.close()

      const handle = place.open(path)
      const given = sqliteStore(handle)
      assert.equal(await given.count(groupOf('g'), 0), 5)
      await given.close()
      assert.deepEqual(column(handle, 'SELECT count(*) FROM record').map(Number), [5])
    },
  },
  {
    name: 'several stores on one path see each other at once and share an exact limit',
    async run(place) {
      const path = place.path()
      const stores = upTo(4).map(() => place.store(path))
      const [one, two] = stores as [(typeof stores)[0], (typeof stores)[0]]
      const limit = { group: 'owner', max: 10 }
      const answers = await Promise.all(
        upTo(60).map((n) => (stores[n % 4] ?? one).insert(record({ groups: ['owner'] }), { limit })),
      )
      assert.equal(answers.filter((answer) => answer === 'inserted').length, 10)
      assert.equal(await two.count(groupOf('owner'), 0), 10)
      const app = record()
      await one.insert(app)
      for (let from = app, n = 0; n < 50; n++) {
        const to = changed(from)
        assert.equal(await (stores[n % 4] ?? one).replace(from, to), true)
        assert.deepEqual(await (stores[(n + 1) % 4] ?? one).get([to]), [to])
        from = to
      }
    },
  },
  {
    name: 'a copy made by VACUUM INTO while the store is in use is a working file',
    async run(place) {
      const path = place.path()
      const copy = place.path()
      const store = place.store(path)
      const apps = upTo(50).map(() => record({ groups: ['g'] }))
      await Promise.all(apps.map((one) => store.insert(one)))
      place.open(path).exec(`VACUUM INTO '${copy}'`)
      const restored = place.store(copy)
      assert.deepEqual(await restored.get(apps), apps)
      assert.equal(await restored.count(groupOf('g'), 0), 50)
      assert.equal(await restored.insert(record()), 'inserted')
    },
  },
  {
    name: 'a handle that returns integers as bigints gives the same records',
    async run(place) {
      const store = sqliteStore(place.open(place.path(), { bigints: true }))
      const one = record({ groups: ['g'] })
      assert.equal(await store.insert(one), 'inserted')
      assert.equal(await store.insert(one), 'exists')
      assert.deepEqual(await store.get([one]), [one])
      assert.deepEqual(await store.list(groupOf('g'), { limit: 1 }), { records: [one], more: false })
      assert.equal(await store.count(groupOf('g'), 0), 1)
    },
  },
  {
    name: 'the file is in WAL mode, names its program and version, and every query uses an index',
    async run(place) {
      const path = place.path()
      await place.store(path).prepare()
      const handle = place.open(path)
      assert.deepEqual(column(handle, 'PRAGMA journal_mode'), ['wal'])
      assert.deepEqual(column(handle, 'SELECT application_id FROM pragma_application_id').map(Number), [0x61677274])
      const planOf = (sql: string) =>
        handle
          .prepare(`EXPLAIN QUERY PLAN ${sql}`)
          .all()
          .map((row) => (row as { detail: string }).detail)
          .join('; ')
      assert.match(
        planOf("SELECT data FROM json_each('[]') a CROSS JOIN record ON record.key = a.value"),
        /SEARCH record USING INDEX/,
      )
      assert.match(
        planOf('SELECT key FROM record WHERE expires_at <= 5 ORDER BY expires_at LIMIT 16'),
        /^SEARCH record USING INDEX record_by_expiry[^;]*$/,
      )
      assert.match(
        planOf("SELECT id FROM member WHERE list = 'x' AND (position, id) > (1, 'a') ORDER BY position, id LIMIT 5"),
        /^SEARCH member USING PRIMARY KEY \(list=\? AND \(position,id\)>\(\?,\?\)\)$/,
      )
      assert.match(
        planOf("SELECT count(*) FROM member WHERE list = 'x' AND position > 5"),
        /^SEARCH member USING PRIMARY KEY/,
      )
    },
  },
]
