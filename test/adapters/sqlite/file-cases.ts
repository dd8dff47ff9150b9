import assert from 'node:assert/strict'
import { chmodSync, existsSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { sqliteStore } from '../../../adapters/sqlite/sqlite-store.ts'
import { isAppGrantError } from '../../../src/base/errors.ts'
import { isNotApplied } from '../../../src/store/store.ts'
import { changed, groupOf, inMs, record, upTo } from '../../../src/testing/sample-records.ts'
import { column, type Place, type SqliteCase, tapped } from './place.ts'

const modeOf = (file: string) => (statSync(file).mode & 0o777).toString(8)

/** What the process is warned of while `act` runs and shortly after. */
async function warningsOf(act: () => Promise<unknown>): Promise<readonly (Error & { code?: string })[]> {
  const seen: Error[] = []
  const hear = (warning: Error) => void seen.push(warning)
  // Warnings arrive late: those of an earlier case are not of interest.
  await new Promise(setImmediate)
  process.on('warning', hear)
  await act()
  await new Promise(setImmediate)
  process.off('warning', hear)
  return seen
}

/** What can happen to an open file, and how it is put back. */
const REPLACEMENTS: readonly {
  readonly name: string
  replace(path: string): void
  restore?(path: string): void
}[] = [
  {
    name: 'a file that was moved',
    replace: (path) => renameSync(path, `${path}.moved`),
    restore: (path) => renameSync(`${path}.moved`, path),
  },
  {
    name: 'a file that was replaced by a backup',
    replace(path) {
      for (const end of ['-wal', '-shm', '']) renameSync(path + end, `${path}.old${end}`)
      writeFileSync(path, '')
    },
    restore(path) {
      for (const end of ['-wal', '-shm', '']) renameSync(`${path}.old${end}`, path + end)
    },
  },
  { name: 'a file that was deleted', replace: (path) => rmSync(path) },
  { name: 'a log that was deleted', replace: (path) => rmSync(`${path}-wal`) },
]

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
  {
    name: 'a new file and its log can be read by nobody else, whatever the umask, and nothing is left beside them',
    async run(place) {
      const path = place.path()
      const before = process.umask(0o000)
      try {
        const store = sqliteStore(path)
        assert.deepEqual(await warningsOf(() => store.prepare()), [])
        await store.insert(record({ groups: ['g'] }))
        for (const file of [path, `${path}-wal`, `${path}-shm`]) assert.equal(modeOf(file), '600', file)
        const beside = readdirSync(place.folder).filter((file) => file.startsWith(basename(path)))
        assert.deepEqual(beside.sort(), ['', '-shm', '-wal'].map((end) => basename(path) + end).sort())
        await store.close()
      } finally {
        process.umask(before)
      }
    },
  },
  {
    name: 'prepare warns if others have access to the file, and does not change its mode',
    async run(place) {
      for (const mode of [0o644, 0o660, 0o604]) {
        const path = place.path()
        const handle = place.open(path)
        chmodSync(path, mode)
        const byPath = sqliteStore(path)
        for (const store of [byPath, sqliteStore(handle)]) {
          const [warning, ...others] = await warningsOf(() => store.prepare())
          assert.equal(warning?.code, 'APPGRANT_SQLITE_MODE')
          for (const file of [path, `${path}-wal`, `${path}-shm`]) assert.ok(warning?.message.includes(file), file)
          assert.deepEqual(others, [])
        }
        assert.equal(modeOf(path), mode.toString(8))
        await byPath.close()
      }
    },
  },
  ...REPLACEMENTS.map(({ name, replace, restore }) => ({
    name: `${name}: every call is refused and nothing is acknowledged until it is back`,
    async run(place: Place) {
      const path = place.path()
      const app = record({ groups: ['g'] })
      const store = place.store(path)
      await store.insert(app)
      replace(path)
      const calls = [
        () => store.insert(record()),
        () => store.insert(record({ expiresAt: inMs(60_000) })),
        () => store.replace(app, changed(app)),
        () => store.get([app]),
        () => store.list(groupOf('g'), { limit: 1 }),
        () => store.count(groupOf('g'), 0),
      ]
      for (const [index, call] of calls.entries()) {
        const error = await call().then(
          () => assert.fail(`call ${index} was acknowledged`),
          (caught) => caught,
        )
        assert.equal(isNotApplied(error), index < 3)
        const reason = index < 3 ? error.cause : error
        assert.ok(isAppGrantError(reason, 'store_unavailable'))
        assert.match(reason.message, /was moved, replaced or deleted/)
        assert.match(reason.hint, /stop every process/)
      }
      if (!restore) return
      restore(path)
      assert.deepEqual(await store.get([app]), [app])
      assert.equal(await store.replace(app, changed(app)), true)
    },
  })),
  {
    name: 'a write during whose commit the file is moved is not acknowledged',
    async run(place) {
      const path = place.path()
      const store = sqliteStore(
        tapped(place.open(path), (sql) => {
          if (moving && sql === 'COMMIT') renameSync(path, `${path}.moved`)
        }),
      )
      let moving = false
      await store.prepare()
      moving = true
      const error = await store.insert(record()).then(
        () => assert.fail('it was acknowledged'),
        (caught) => caught,
      )
      assert.match(error.message, /was moved/)
      assert.equal(isNotApplied(error), false, 'the write is in the file that was moved')
    },
  },
  {
    name: 'a process that opens the file that replaced another works, and the one with the old file is refused',
    async run(place) {
      const path = place.path()
      const old = place.store(path)
      const app = record()
      await old.insert(app)
      REPLACEMENTS[1]?.replace(path)
      const next = place.store(path)
      assert.equal(await next.insert(app), 'inserted')
      await assert.rejects(old.replace(app, changed(app)), isNotApplied)
      assert.deepEqual(await next.get([app]), [app])
    },
  },
]
