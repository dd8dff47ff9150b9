import { createRequire } from 'node:module'
import { resultCode, unusable } from './failure.ts'

/** The value of a column or of a bound parameter. */
export type Value = string | number | null

/** The operations that the store needs, independent of the driver. */
export interface Driver {
  /** Runs statements that return no rows. */
  exec(sql: string): void
  /** Prepares a query. It returns the rows, each as the values of its columns in order. */
  query(sql: string): (...values: readonly Value[]) => readonly (readonly Value[])[]
  /** Prepares a statement that writes. It returns the number of rows it changed. */
  statement(sql: string): (...values: readonly Value[]) => number
  /** Whether a transaction is open; false if the driver does not report it. */
  inTransaction(): boolean
  close(): void
}

/** A database of `node:sqlite` or better-sqlite3: what they have in common, and how they differ. */
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

/** A driver for an open database. */
export function driverOf(given: object): Driver {
  const handle = given as Handle
  const prepare = (sql: string) => {
    const statement = handle.prepare(sql)
    // The host may have configured its database to return every integer as a bigint.
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
    statement: (sql) => {
      const statement = prepare(sql)
      return (...values) => Number(statement.run(...values).changes)
    },
    inTransaction: () => handle.inTransaction ?? handle.isTransaction ?? false,
    close: () => void handle.close(),
  }
}

/** Opens the file with `node:sqlite`, which cannot have been built for another Node, or else with better-sqlite3. */
export function openDriver(file: string): Driver {
  const Database = nodeSqlite() ?? betterSqlite3()
  if (!Database)
    throw unusable('needs a driver, and none is installed', {
      fix: 'Use Node 22.13 or newer, which has node:sqlite, or run `npm install better-sqlite3` (on Node 20 `better-sqlite3@12`).',
    })
  try {
    return driverOf(new Database(file, { timeout: 0 }))
  } catch (error) {
    if (resultCode(error)) throw error
    throw unusable('cannot be opened', {
      fix: `${file}: check that its folder exists. If better-sqlite3 was built for another Node, run \`npm rebuild better-sqlite3\`.`,
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
    // On Node 20, loading version 13 or newer crashes the process with a segmentation fault.
    const major = Number.parseInt(load('better-sqlite3/package.json').version, 10)
    if (major >= 13 && process.versions.node.startsWith('20.'))
      throw unusable(`cannot be opened by better-sqlite3 ${major} on Node 20`, {
        fix: 'Run `npm install better-sqlite3@12`.',
      })
    return load('better-sqlite3') as Open
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}
