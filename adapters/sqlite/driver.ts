import { createRequire } from 'node:module'
import { resultCode, unusable } from './failure.ts'

/** What a column holds, or a parameter is bound to. */
export type Value = string | number | null

/** What the store needs of SQLite, whichever driver it is. */
export interface Driver {
  /** Runs statements that answer nothing. */
  exec(sql: string): void
  /** A prepared question. It answers the rows, each as the values of its columns in their order. */
  query(sql: string): (...values: readonly Value[]) => readonly (readonly Value[])[]
  /** A prepared change. It answers the number of rows it changed. */
  command(sql: string): (...values: readonly Value[]) => number
  /** Whether a transaction is open; false where the driver does not tell. */
  inTransaction(): boolean
  close(): void
}

/** What `node:sqlite` and better-sqlite3 have in common, and where they differ. */
interface Handle {
  exec(sql: string): unknown
  prepare(sql: string): Statement
  close(): unknown
  /** better-sqlite3 */
  readonly inTransaction?: boolean
  /** node:sqlite from Node 22.16 on */
  readonly isTransaction?: boolean
}
interface Statement {
  all(...values: readonly Value[]): unknown[]
  run(...values: readonly Value[]): { readonly changes: number | bigint }
  /** better-sqlite3 */
  raw?(on: boolean): unknown
  safeIntegers?(on: boolean): unknown
  /** node:sqlite, the first from Node 22.16 on */
  setReturnArrays?(on: boolean): unknown
  setReadBigInts?(on: boolean): unknown
}
type Open = new (file: string, options: { readonly timeout: number }) => Handle

/** Whether `given` looks like a database that `node:sqlite` or better-sqlite3 opened. */
export function isHandle(given: unknown): given is object {
  if (typeof given !== 'object' || given === null) return false
  return ['exec', 'prepare', 'close'].every((name) => name in given && typeof given[name as never] === 'function')
}

/** The driver over an open handle. */
export function driverOf(given: object): Driver {
  const handle = given as Handle
  const prepare = (sql: string) => {
    const statement = handle.prepare(sql)
    // A host may have set its handle to answer every integer as a bigint.
    statement.safeIntegers?.(false)
    statement.setReadBigInts?.(false)
    return statement
  }
  return {
    exec: (sql) => void handle.exec(sql),
    query: (sql) => {
      const statement = prepare(sql)
      const set = statement.raw ?? statement.setReturnArrays
      if (set) {
        set.call(statement, true)
        return (...values) => statement.all(...values) as Value[][]
      }
      return (...values) => statement.all(...values).map((row) => Object.values(row as Record<string, Value>))
    },
    command: (sql) => {
      const statement = prepare(sql)
      return (...values) => Number(statement.run(...values).changes)
    },
    inTransaction: () => handle.inTransaction ?? handle.isTransaction ?? false,
    close: () => void handle.close(),
  }
}

/** Opens the file by the driver this machine has: `node:sqlite`, which cannot be the wrong build, before better-sqlite3. */
export function openDriver(file: string): Driver {
  const Database = nodeSqlite() ?? betterSqlite3()
  if (!Database)
    throw unusable('needs a driver, and none is here', {
      fix: 'Run Node 22.13 or newer, which has node:sqlite, or `npm install better-sqlite3` (`better-sqlite3@12` on Node 20).',
    })
  try {
    return driverOf(new Database(file, { timeout: 0 }))
  } catch (error) {
    if (resultCode(error)) throw error
    throw unusable('cannot be opened', {
      fix: `${file}: its folder must exist; if better-sqlite3 was built for another Node, \`npm rebuild better-sqlite3\`.`,
      cause: error,
    })
  }
}

function nodeSqlite(): Open | undefined {
  return (process.getBuiltinModule('node:sqlite') as { DatabaseSync: Open } | undefined)?.DatabaseSync
}

function betterSqlite3(): Open | undefined {
  const load = createRequire(import.meta.url)
  try {
    // From 13 on it ends a process of Node 20 with a segmentation fault as soon as it is loaded.
    const major = Number.parseInt(load('better-sqlite3/package.json').version, 10)
    if (major >= 13 && process.versions.node.startsWith('20.'))
      throw unusable(`cannot be opened by better-sqlite3 ${major} on Node 20`, {
        fix: '`npm install better-sqlite3@12`.',
      })
    return load('better-sqlite3') as Open
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}
