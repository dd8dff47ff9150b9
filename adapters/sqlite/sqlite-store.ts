import { resolve } from 'node:path'
import { invalidOption } from '../../src/base/errors.ts'
import { once } from '../../src/base/once.ts'
import { batchGets, notApplied, SLACK_MS, type Store, withSanitizedErrors } from '../../src/store.ts'
import { type CommitQueue, commitQueue, retryWhileLocked } from './commit-queue.ts'
import { type Driver, driverOf, isHandle, openDriver } from './driver.ts'
import { resultCode, withHint } from './failure.ts'
import { createPrivately, samePlace, warnOfReaders } from './file.ts'
import { openSchema } from './schema.ts'
import { keyOf, listOf, prepareStatements, recordOf, type Statements } from './statements.ts'

// Each transaction deletes up to this many expired records, or up to twice as many as it writes if that is more.
const SWEPT_PER_COMMIT = 16
const SWEPT_PER_WRITE = 2

interface Connection {
  readonly driver: Driver
  readonly statements: Statements
  readonly queue: CommitQueue
  /** '' if the database is not in a file. */
  readonly path: string
  /** Throws if the file is no longer in its place. */
  readonly check: () => void
}

/** A store on SQLite. */
export interface SqliteStore extends Store {
  /**
   * Opens the file and creates its tables. May be called more than once. Warns through `process.emitWarning` with the
   * code `APPGRANT_SQLITE_MODE` if other users of the machine have access to the file.
   *
   * @throws AppGrantError `store_unavailable`, with the fix in its `hint`, if there is no driver or no folder, or if
   * the file is locked, read-only or damaged, or belongs to another program or a newer version.
   */
  prepare(): Promise<void>
}

/**
 * Keeps everything in one SQLite file, which several processes of one machine may share. The file is opened at first
 * use or by `prepare()`. Revocations, apps and installs are on the disk when their call resolves; a power failure may
 * lose the newest access tokens.
 *
 * @param file - a path, opened with `node:sqlite` (Node 22.13 or newer) or else with better-sqlite3; or an open
 * database of either, which nothing else may use. `close()` leaves that database open.
 * @throws TypeError if `file` is neither.
 *
 * @example
 * ```ts
 * import { createAppGrant } from 'appgrant'
 * import { sqliteStore } from 'appgrant/sqlite'
 *
 * const store = sqliteStore('./appgrant.db')
 * await store.prepare()
 * const appgrant = createAppGrant({ store })
 * await appgrant.prepare()
 * ```
 */
export function sqliteStore(file: string | object): SqliteStore {
  const open = openerOf(file)
  let connection: Connection | undefined
  let connecting: Promise<Connection> | undefined
  let closed = false
  const openOnce = once(() => retryWhileLocked(open.connection))

  const connect = async () => {
    if (closed) throw new Error('the store is closed')
    connecting = openOnce()
    try {
      connection = await connecting
      return connection
    } catch (error) {
      throw withHint(error, open.name)
    }
  }
  const connected = () =>
    connect().catch((error) => {
      throw notApplied(error)
    })
  const query = async <Result>(read: (statements: Statements) => Result): Promise<Result> => {
    const { driver, statements, check } = connection ?? (await connected())
    const attempt = () => {
      check()
      // Inside a transaction of the host, a read would see an old state.
      if (!open.owns && driver.inTransaction())
        throw new Error('the handle is inside a transaction that appgrant did not open')
      return read(statements)
    }
    try {
      return attempt()
    } catch (error) {
      if (resultCode(error) !== 'BUSY') throw withHint(error, open.name)
    }
    return retryWhileLocked(attempt).catch((error) => {
      throw withHint(error, open.name)
    })
  }
  const insert: Store['insert'] = async (record, { durable = false, ...conditions } = {}) => {
    const { queue, statements } = connection ?? (await connected())
    return queue.commit(durable || record.expiresAt === undefined, () => statements.insert(record, conditions))
  }
  const replace: Store['replace'] = async (from, to) => {
    const { queue, statements } = connection ?? (await connected())
    return queue.commit(true, () => statements.replace(from, to))
  }
  // Every read waits for the end of the tick, so that a loop of reads does not starve timers, sockets and writes.
  const get = batchGets({
    nameOf: keyOf,
    async read(keys, refs) {
      const rows = await query((statements) => statements.read(keys))
      return refs.map((ref, index) => rows[index] && recordOf(ref, rows[index]))
    },
  })

  return {
    async prepare() {
      const { path } = connection ?? (await withSanitizedErrors(connect()))
      warnOfReaders(path)
    },
    get,
    conditionalInserts: true,
    insert: (record, options) => withSanitizedErrors(insert(record, options)),
    replace: (from, to) => withSanitizedErrors(replace(from, to)),
    async list(group, page) {
      await endOfTick()
      const { rows, more } = await withSanitizedErrors(query((statements) => statements.page(listOf(group), page)))
      return { records: rows.map(({ id, row }) => recordOf({ ...group, id }, row)), more }
    },
    async count(group, after) {
      await endOfTick()
      return withSanitizedErrors(query((statements) => statements.count(listOf(group), after)))
    },
    async close() {
      closed = true
      const last = connection ?? (await connecting?.catch(() => undefined))
      connection = undefined
      connecting = undefined
      await last?.queue.drained()
      if (last && open.owns) await withSanitizedErrors((async () => last.driver.close())())
    },
  }
}

const endOfTick = () => new Promise((resolve) => setImmediate(resolve))

/** How to open the database, and its name in a hint. */
function openerOf(file: unknown): { name: string; owns: boolean; connection: () => Connection } {
  if (isHandle(file)) {
    const name = 'the database given to sqliteStore'
    return { name, owns: false, connection: () => connectionOver(driverOf(file), name) }
  }
  if (typeof file !== 'string' || file === '' || file === ':memory:') {
    const expected = 'a path, or an open database of node:sqlite or better-sqlite3'
    throw invalidOption('sqliteStore', 'file', expected, file)
  }
  const name = resolve(file)
  const connection = () => {
    createPrivately(name)
    const driver = openDriver(name)
    try {
      return connectionOver(driver, name)
    } catch (error) {
      driver.close()
      throw error
    }
  }
  return { name, owns: true, connection }
}

function connectionOver(driver: Driver, name: string): Connection {
  openSchema(driver, name)
  const statements = prepareStatements(driver)
  const path = driver.file()
  const check = samePlace(path)
  const queue = commitQueue(driver, {
    file: name,
    check,
    inEach: (writes) =>
      statements.dropExpired(Date.now() - SLACK_MS, Math.max(SWEPT_PER_COMMIT, SWEPT_PER_WRITE * writes)),
  })
  return { driver, statements, queue, path, check }
}
