import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { ROOT } from './setup.ts'

/** How a program ended, and what it printed. */
export interface Ended {
  readonly code: unknown
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end, whatever its exit code. */
export function run(file: string, args: readonly string[], cwd: string, env = process.env): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(file, args, { cwd, env, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) =>
      resolve({ code: error?.code ?? 0, stdout, stderr }),
    )
  })
}

/** Runs a tool of the repository. */
export function runTool(name: string, args: readonly string[], cwd: string): Promise<Ended> {
  return run(join(ROOT, 'node_modules/.bin', name), args, cwd)
}

/** Runs a TypeScript file. */
export function runTypeScript(file: string, cwd: string): Promise<Ended> {
  return run(process.execPath, [join(ROOT, 'node_modules/tsx/dist/cli.mjs'), file], cwd)
}
