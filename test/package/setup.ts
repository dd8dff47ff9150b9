import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'

const run = promisify(execFile)
export const ROOT = new URL('../..', import.meta.url).pathname

declare module 'vitest' {
  export interface ProvidedContext {
    /** The tarball that `npm pack` made, once for all tests of a run. */
    tarball: string
    /** A project that has installed it; the repository's own packages are found from there too. */
    consumer: string
  }
}

let temporary: string

export async function setup(project: TestProject): Promise<void> {
  temporary = await mkdtemp(join(tmpdir(), 'appgrant-packed-'))
  const { stdout } = await run('npm', ['pack', '--silent', '--pack-destination', temporary], { cwd: ROOT })
  const tarball = join(temporary, stdout.trim().split('\n').at(-1) ?? '')
  const consumer = join(temporary, 'consumer')
  const installed = join(consumer, 'node_modules', 'appgrant')
  await mkdir(installed, { recursive: true })
  await run('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1'])
  await symlink(join(ROOT, 'node_modules'), join(temporary, 'node_modules'))
  await writeFile(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  project.provide('tarball', tarball)
  project.provide('consumer', consumer)
}

export async function teardown(): Promise<void> {
  await rm(temporary, { recursive: true, force: true })
}
