import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterAll, afterEach } from 'vitest'
import { bundled, type Script, scratchFolder, started } from '../../support/servers/script.ts'

/** Starts programs of this folder that share files, for the tests of one suite; none of them outlives its test. */
export function processesOf(node: string) {
  const scratch = scratchFolder()
  const running: Script[] = []
  const start = async (name: string, args: readonly string[], options?: { readonly uid: number }) => {
    const script = started(node, ['--no-warnings', await bundled(`adapters/sqlite/${name}`, scratch), ...args], options)
    running.push(script)
    return script
  }
  const newPath = () => join(scratch.folder, `${randomUUID()}.db`)
  // A process that is asked to end by the end of its input closes its store.
  const end = async (...scripts: readonly Script[]) => {
    for (const { child } of scripts) child.stdin?.end()
    return Promise.all(scripts.map((script) => script.ended()))
  }
  afterEach(async () => {
    for (const { child } of running) child.kill('SIGKILL')
    await Promise.all(running.splice(0).map((script) => script.ended()))
  })
  afterAll(() => scratch.remove())
  return { scratch, running, newPath, start, end }
}
