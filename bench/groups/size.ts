import { spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { memoryStore } from '../../dist/memory.js'
import { platform } from '../apps.ts'
import { interleaved, timed } from '../measure.ts'
import { installPeers, PEERS } from '../peers.ts'
import type { Bench, Group } from '../report.ts'

/** What a token costs in memory, what starting costs, and how much there is to download. Stores on disk measure their own bytes. */
export const size: Group = async (bench) => {
  installPeers()
  await heap(bench)
  await startUp(bench)
  packages(bench)
}

async function heap(bench: Bench): Promise<void> {
  const many = bench.quick ? 20_000 : 200_000
  const { appgrant, key, secret } = await platform(memoryStore())
  const grant = () => appgrant.authorizer.clientCredentials({ key, secret })
  const ours = await grownBy(many, grant)
  const floor = new Map<string, { expiresAt: number; app: string }>()
  const reference = await grownBy(many, async () => {
    const token = `${key}${floor.size}`
    floor.set(hash('sha256', token, 'hex'), { expiresAt: Date.now(), app: key })
  })
  bench.row({
    measure: `heap of a live token in the memory store, ${many.toLocaleString('en')} of them`,
    ours,
    reference,
    against: `a Map from SHA-256 to expiry and app`,
    unit: 'bytes',
    goal: 'none',
  })
  await appgrant.close()
}

/** By how many bytes of the heap, each time, once everything that can go has gone. */
async function grownBy(times: number, run: () => Promise<unknown>): Promise<number> {
  const heapUsed = async () => {
    // What a turn of the event loop still holds is gone in the next.
    await new Promise((resolve) => setImmediate(resolve))
    globalThis.gc?.()
    return process.memoryUsage().heapUsed
  }
  for (let at = 0; at < 1000; at++) await run()
  const before = await heapUsed()
  for (let at = 0; at < times; at++) await run()
  return ((await heapUsed()) - before) / times
}

async function startUp(bench: Bench): Promise<void> {
  const entries = ['index', 'memory', 'http', 'node'].map((name) => `../dist/${name}.js`)
  const imports = {
    appgrant: entries,
    node: [],
    ...Object.fromEntries(Object.keys(PEERS).map((name) => [name, [name]])),
  }
  const of = await interleaved(
    Object.entries(imports).map(([name, modules]) => ({ name, round: () => timed(async () => importing(modules)) })),
    { rounds: bench.quick ? 7 : 25, millis: 0 },
  )
  for (const against of Object.keys(imports).filter((name) => name !== 'appgrant')) {
    bench.row({
      measure: 'start-up of a process that imports it, core, memory store and HTTP',
      ours: of('appgrant'),
      reference: of(against),
      against: against === 'node' ? 'node that imports nothing' : against,
      unit: 'ms',
      goal: 'none',
    })
  }
}

function importing(modules: readonly string[]): void {
  const program = modules.map((name) => `import '${name}'`).join('\n')
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { cwd: 'bench' })
  if (status !== 0) throw new Error(`bench: ${modules.join(', ')} cannot be imported: ${stderr}`)
}

function packages(bench: Bench): void {
  const ours = packed('.')
  const oursInstalled = ours.unpackedSize + installedBytes('node_modules', dependenciesOf('.'))
  for (const peer of Object.keys(PEERS)) {
    const of = { against: peer, unit: 'kB', goal: 'none' }
    const reference = packed(`./bench/node_modules/${peer}`)
    bench.row({ ...of, measure: 'packed size', ours: ours.size / 1000, reference: reference.size / 1000 })
    bench.row({
      ...of,
      measure: 'installed size, dependencies included',
      ours: oursInstalled / 1000,
      reference: installedBytes('bench/node_modules', [peer]) / 1000,
    })
  }
}

function packed(folder: string): { readonly size: number; readonly unpackedSize: number } {
  const { stdout } = spawnSync('npm', ['pack', folder, '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' })
  return JSON.parse(stdout)[0]
}

/** Bytes of the files of some packages and of all that they depend on. */
function installedBytes(root: string, names: readonly string[]): number {
  const all = new Set(names)
  // The set grows while it is walked.
  for (const name of all) for (const dependency of dependenciesOf(join(root, name))) all.add(dependency)
  return [...all].reduce((sum, name) => sum + bytesOf(join(root, name)), 0)
}

function dependenciesOf(folder: string): readonly string[] {
  const file = join(folder, 'package.json')
  if (!existsSync(file)) throw new Error(`bench: ${folder} is not installed: run npm ci`)
  return Object.keys(JSON.parse(readFileSync(file, 'utf8')).dependencies ?? {})
}

function bytesOf(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, file) => sum + (file.isFile() ? file.size : 0), 0)
}
