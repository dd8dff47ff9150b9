import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'tsup'
import { BETTER_SQLITE3 } from './sqlite.ts'

const EXTENSIONS = { esm: '.mjs', cjs: '.cjs' }

/** Programs of the tests that run in processes of their own, by whichever Node. */

/** A new folder for programs and what they write, and the function that removes it. */
export function scratchFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'appgrant-sqlite-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/**
 * Bundles a script of test/ into `folder`, so that any Node runs it as it is. The folder looks like a host's: better-sqlite3 lies
 * in its node_modules, unless `bare`.
 *
 * @param options.packages - of the repository's own packages, those that lie there too.
 * @param options.betterSqlite3 - the folder of the driver. Default is the copy of the tests.
 * @param options.format - `cjs` for a CommonJS bundle. Default is `esm`.
 */
export async function bundled(
  script: string,
  {
    folder,
    bare = false,
    packages = [],
    format = 'esm',
    betterSqlite3 = BETTER_SQLITE3,
  }: {
    folder: string
    bare?: boolean
    packages?: readonly string[]
    format?: 'esm' | 'cjs'
    betterSqlite3?: string | undefined
  },
): Promise<string> {
  await build({
    entry: [`test/${script}`],
    outDir: folder,
    outExtension: () => ({ js: EXTENSIONS[format] }),
    format,
    target: 'node20',
    platform: 'node',
    removeNodeProtocol: false,
    external: [...packages],
    config: false,
    clean: false,
    silent: true,
  })
  const modules = join(folder, 'node_modules')
  mkdirSync(modules, { recursive: true })
  const install = (name: string, from: string) => {
    if (existsSync(from) && !existsSync(join(modules, name))) symlinkSync(from, join(modules, name))
  }
  if (!bare) install('better-sqlite3', betterSqlite3)
  for (const name of packages) install(name, resolve('node_modules', name))
  return join(folder, basename(script).replace(/\.ts$/, EXTENSIONS[format]))
}

/** A running script and what it says, line by line. */
export interface Script {
  readonly child: ChildProcess
  /** The next line; undefined when it has ended. */
  next(): Promise<string | undefined>
  /** Writes a line to it. */
  tell(line: string): void
  /** Resolves when it has ended and its output was read, to the lines not yet taken and its exit code or signal. */
  ended(): Promise<{ readonly rest: readonly string[]; readonly how: number | string | null }>
}

/** Tells a script a value as JSON, and returns the value in its next line. */
export async function ask(script: Script, told: unknown) {
  script.tell(JSON.stringify(told))
  return JSON.parse((await script.next()) ?? 'null')
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
