import { randomUUID } from 'node:crypto'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { sqliteStore } from '../../../adapters/sqlite/sqlite-store.ts'

/** A database as either driver opens it. */
export interface Handle {
  exec(sql: string): unknown
  prepare(sql: string): {
    all(...values: readonly unknown[]): unknown[]
    run(...values: readonly unknown[]): { readonly changes: number | bigint }
    raw?(on: boolean): unknown
    setReturnArrays?(on: boolean): unknown
  }
  close(): unknown
  readonly inTransaction?: boolean
  readonly isTransaction?: boolean
}

/** Where a case runs: a folder with its own kind of database. */
export interface Place {
  readonly driver: string
  readonly folder: string
  /** A path where no file is. */
  path(): string
  /** A host's own handle. */
  open(path: string, options?: { readonly readonly?: boolean; readonly bigints?: boolean }): Handle
  /** A store on the path, opened by this place's driver; closed when the place is. */
  store(path: string): ReturnType<typeof sqliteStore>
  close(): Promise<void>
}

/** A case of this adapter, for every driver. It rejects unless what its name says holds. */
export interface SqliteCase {
  readonly name: string
  run(place: Place): Promise<void>
}

/** @param driver - the one whose handles are used, whatever driver would open a path. */
export function placeIn(folder: string, driver: string): Place {
  const open = driver === 'node:sqlite' ? nodeHandle : betterHandle
  const closing: (() => unknown)[] = []
  return {
    driver,
    folder,
    path: () => join(folder, `${randomUUID()}.db`),
    open: (path, options = {}) => {
      const handle = open(path, options)
      closing.push(() => handle.close())
      return handle
    },
    store(path) {
      const handle = driver === 'node:sqlite' ? undefined : open(path, {})
      const store = sqliteStore(handle ?? path)
      closing.push(async () => {
        await store.close()
        handle?.close()
      })
      return store
    },
    async close() {
      await Promise.allSettled(closing.map(async (close) => close()))
    },
  }
}

function nodeHandle(path: string, { readonly = false, bigints = false }): Handle {
  const sqlite = process.getBuiltinModule('node:sqlite') as {
    DatabaseSync: new (path: string, options: object) => Handle
  }
  return new sqlite.DatabaseSync(path, { readOnly: readonly, readBigInts: bigints })
}

function betterHandle(path: string, { readonly = false, bigints = false }): Handle {
  const Database = createRequire(import.meta.url)('better-sqlite3')
  const handle = new Database(path, { readonly })
  if (bigints) handle.defaultSafeIntegers(true)
  return handle
}

/** A handle in front of another: `before` sees every statement about to run, and may throw instead. */
export function tapped(handle: Handle, before: (sql: string) => void): Handle {
  return {
    exec(sql) {
      before(sql)
      return handle.exec(sql)
    },
    prepare(sql) {
      const statement = handle.prepare(sql)
      return {
        all(...values) {
          before(sql)
          return statement.all(...values)
        },
        run(...values) {
          before(sql)
          return statement.run(...values)
        },
        ...(statement.raw && { raw: (on: boolean) => void statement.raw?.(on) }),
        ...(statement.setReturnArrays && { setReturnArrays: (on: boolean) => void statement.setReturnArrays?.(on) }),
      }
    },
    close: () => handle.close(),
    get inTransaction() {
      return handle.inTransaction ?? handle.isTransaction ?? false
    },
  }
}

/** The first column of every row. */
export function column(handle: Handle, sql: string): readonly unknown[] {
  return handle
    .prepare(sql)
    .all()
    .map((row) => Object.values(row as object)[0])
}
