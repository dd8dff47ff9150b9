import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { conformanceCase, needed } from '../conformance-case.ts'
import { expectEqual } from '../expectations.ts'

const PROCESS_MS = 20_000

export const processCases = [
  conformanceCase(
    'the process ends after close',
    'when its stores are closed, nothing of the store keeps the process from ending',
    async ({ target, namespace }) => {
      const { module, execArgv = [] } = needed(target.process, 'the target has no process')
      const { output, how } = await ended(execArgv, useAndClose(String(module), namespace))
      expectEqual(
        `the end of a process that used and closed a store (it printed ${JSON.stringify(output.slice(-1000))})`,
        how,
        0,
      )
    },
  ),
  conformanceCase(
    'the process survives a break',
    'while the database cannot be reached, nothing of the store ends the process',
    async ({ target, namespace }) => {
      const { module, execArgv = [] } = needed(target.process, 'the target has no process')
      needed(target.break && target.restore, 'the target has no break and restore')
      const { output, how } = await ended(execArgv, useWhileBroken(String(module), namespace))
      expectEqual(
        `the end of a process whose database broke (it printed ${JSON.stringify(output.slice(-1000))})`,
        how,
        0,
      )
    },
  ),
]

/** A program that uses every method, on two stores at once, and closes them. */
const useAndClose = (module: string, namespace: string) => `
const { target } = await import(${JSON.stringify(module)})
const stores = [await target.open('${namespace}'), await target.open('${namespace}')]
for (const [n, store] of stores.entries()) {
  const one = { kind: 'thing', partition: 'p0', id: 'r' + n, groups: ['g'], position: 1, revision: 'a', data: '{}' }
  await store.watch?.(() => {})
  await store.time?.()
  await store.insert(one)
  await store.insert({ ...one, id: 'limited' + n }, { limit: { group: 'g', max: 10 } })
  await store.replace(one, { ...one, revision: 'b' })
  await store.get([one])
  await store.list({ kind: 'thing', partition: 'p0', group: 'g' }, { limit: 10 })
  await store.count({ kind: 'thing', partition: 'p0', group: 'g' }, 0)
}
await Promise.all(stores.map((store) => store.close()))
`

/** A program that goes on while the database cannot be reached. */
const useWhileBroken = (module: string, namespace: string) => `
const { target } = await import(${JSON.stringify(module)})
if (!target.break || !target.restore) throw new Error('the target of the module in process has no break and restore')
const store = await target.open('${namespace}')
const one = { kind: 'thing', partition: 'p0', id: 'r', groups: ['g'], position: 1, revision: 'a', data: '{}' }
const use = () =>
  Promise.allSettled([store.get([one]), store.insert({ ...one, id: 's' }), store.count({ ...one, group: 'g' }, 0)])
const pause = () => new Promise((resolve) => setTimeout(resolve, 500))
await store.insert(one)
await store.watch?.(() => {})
// A connection that is lost while nothing uses it rejects no call.
await target.break('${namespace}')
await pause()
await use()
await target.restore('${namespace}')
await use()
const used = use()
await target.break('${namespace}')
await used
await pause()
await target.restore('${namespace}')
await store.close()
process.exit(0)
`

/** Runs a program in a process of its own, which is ended after {@link PROCESS_MS}. */
function ended(execArgv: readonly string[], program: string): Promise<{ output: string; how: unknown }> {
  const args = [...execArgv, '--input-type=module', '--eval', program]
  const options = { timeout: PROCESS_MS, killSignal: 'SIGKILL' } as const
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, args, options)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      output = (output + data).slice(-4000)
    })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      resolve({ output, how: code ?? `${signal} after ${PROCESS_MS} ms` })
    })
  })
}
