import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { renameSync, writeFileSync } from 'node:fs'
import { sqliteStore } from '../../../adapters/sqlite/sqlite-store.ts'
import { CANARIES, canaryRecord, listenForCanaries } from '../../support/canaries.ts'
import { type Place, type SqliteCase, tapped } from './place.ts'

/** Ways to make a store fail. Each returns a store, and the least number of its calls that fail. */
const FAILURES: Record<string, (place: Place) => Promise<readonly [ReturnType<typeof sqliteStore>, number]>> = {
  'a folder that does not exist': async (place) => [sqliteStore(`${place.path()}/x/y.db`), 9],
  'a file that is not a database': async (place) => {
    const path = place.path()
    writeFileSync(path, CANARIES.data.repeat(100))
    return [sqliteStore(path), 9]
  },
  'a file that is locked': async (place) => {
    const path = place.path()
    const store = place.store(path)
    await store.insert(canaryRecord())
    place.open(path).exec('BEGIN IMMEDIATE')
    return [store, 5]
  },
  'a read-only handle': async (place) => {
    const path = place.path()
    await place.store(path).insert(canaryRecord())
    return [sqliteStore(place.open(path, { readonly: true })), 9]
  },
  'a file that cannot grow': async (place) => {
    const handle = place.open(place.path())
    const store = sqliteStore(handle)
    await store.prepare()
    handle.exec('PRAGMA max_page_count = 10')
    for (const size of [3000, 300, 1])
      for (let isFull = false; !isFull; ) {
        const data = JSON.stringify(CANARIES.data + 'x'.repeat(size))
        isFull = await store.insert(canaryRecord({ data })).then(
          () => false,
          () => true,
        )
      }
    return [store, 2]
  },
  'a table that the host changed': async (place) => {
    const handle = place.open(place.path())
    const store = sqliteStore(handle)
    await store.prepare()
    const refuse = `SELECT RAISE(ABORT, 'record "${CANARIES.data}" refused')`
    for (const when of ['INSERT', 'UPDATE'])
      handle.exec(`CREATE TRIGGER refuse_${when} BEFORE ${when} ON record BEGIN ${refuse}; END`)
    return [store, 3]
  },
  'a statement that fails with what it was given': async (place) => {
    const handle = place.open(place.path())
    await sqliteStore(handle).prepare()
    const store = sqliteStore(
      tapped(handle, (sql) => {
        if (!/record|member/.test(sql)) return
        throw Object.assign(new Error(`near "${CANARIES.data}": syntax error`), { sql, values: [CANARIES.data] })
      }),
    )
    return [store, 5]
  },
  'a file that was moved': async (place) => {
    const path = place.path()
    const store = place.store(path)
    await store.insert(canaryRecord())
    renameSync(path, `${path}.${randomBytes(4).toString('hex')}`)
    return [store, 8]
  },
  'a store that is closed': async (place) => {
    const store = place.store(place.path())
    await store.prepare()
    await store.close()
    return [store, 9]
  },
}

/** No failure shows what a record contains. */
export const secretCases: readonly SqliteCase[] = Object.entries(FAILURES).map(([failure, open]) => ({
  name: `${failure} shows no record in errors, events and warnings (ERR-8)`,
  async run(place) {
    const listener = listenForCanaries()
    try {
      const [store, least] = await open(place)
      const failed = await listener.callAll(store)
      assert.ok(failed >= least, `${failed} calls failed`)
      listener.expectNoCanaries()
    } finally {
      listener.stop()
    }
  },
}))
