import { randomUUID } from 'node:crypto'
import { createDeadline } from '../../base/deadline.ts'
import type { RecordRef, Store, StoreRecord } from '../../store.ts'
import type { Call, Command } from '../command.ts'
import { row } from '../text.ts'
import { textsOf } from '../texts-of.ts'
import { VERSION } from '../version.ts'

type Status = 'ok' | 'warning' | 'failed'
type Report = (check: string, status: Status, message: string, code?: string) => Promise<void>

const MAX_SKEW_MS = 1000
/** How long each check may take, in ms. */
const PATIENCE_MS = 15_000
const HINT_MS = 3000
const LIFETIME_MS = 60_000
const GROUP = { kind: 'd', partition: 'doctor', group: 'doctor' } as const
const within = createDeadline(PATIENCE_MS)
const orFail = <Result>(call: () => Promise<Result>) => within(call, (cause) => cause)

export const doctor: Command = {
  name: 'doctor',
  summary: 'check the store, its settings, its clock and its writes, and name what is wrong',
  details: [
    'It prepares the store as a node does at its start, which creates or migrates its tables and indexes, then writes and reads',
    'a record that expires within a minute. With --options it also compares the options with those of the nodes.',
  ],
  reportsFailures: true,
  async run(call) {
    let hasFailed = false
    const report: Report = async (check, status, message, code) => {
      hasFailed ||= status === 'failed'
      const found = { check, status, ...(code !== undefined && { code }), message }
      await call.print(found, row(status, check, code === undefined ? message : `${code}: ${message}`))
    }
    const attempt = async (check: string, run: () => Promise<string | undefined>) => {
      const { message, warnings, isDone } = await withWarnings(run)
      for (const { code, text } of warnings) await report(check, 'warning', text, code)
      if (message !== undefined) await report(check, isDone ? 'ok' : 'failed', message)
      return isDone
    }
    await report('version', 'ok', `appgrant ${VERSION}, Node ${process.versions.node}, driver ${call.driver}`)
    if (await attempt('prepare', () => prepared(call))) {
      await attempt('clock', () => clockOf(call.store))
      await attempt('writes', () => roundTrip(call.store))
      if (call.store.watch) await attempt('hints', () => hintArrives(call.store))
      await attempt('options', () => options(call))
      await attempt('apps', () => apps(call))
    }
    return hasFailed ? 1 : 0
  },
}

interface Attempt {
  readonly isDone: boolean
  /** Absent if the warnings say it all. */
  readonly message: string | undefined
  readonly warnings: readonly { readonly code: string; readonly text: string }[]
}

/** Collects what stores and core warn of, which would be printed otherwise. */
async function withWarnings(run: () => Promise<string | undefined>): Promise<Attempt> {
  const { emitWarning } = process
  const warnings: { code: string; text: string }[] = []
  process.emitWarning = (warning: string | Error, options?: unknown) => {
    const { code = 'WARNING' } = typeof options === 'object' ? (options as { code?: string }) : {}
    warnings.push({ code, text: typeof warning === 'string' ? warning : warning.message })
  }
  try {
    return { isDone: true, message: await orFail(run), warnings }
  } catch (error) {
    return { isDone: false, message: textsOf(error).join('; '), warnings }
  } finally {
    process.emitWarning = emitWarning
  }
}

async function prepared({ store, storeName, connect }: Call): Promise<string> {
  await connect()
  await store.prepare?.()
  return `${storeName} can be used`
}

async function clockOf(store: Store): Promise<string> {
  if (!store.time) return 'the store has no clock of its own'
  const sent = Date.now()
  const time = await store.time()
  const skew = Math.round(time - (sent + Date.now()) / 2)
  if (Math.abs(skew) > MAX_SKEW_MS)
    throw new Error(`the clock of the store differs from this machine's by ${skew} ms: synchronize the clocks`)
  return `differs from the store's by ${Math.abs(skew)} ms`
}

function sample(ref: RecordRef): StoreRecord {
  const expiresAt = Date.now() + LIFETIME_MS
  return { ...ref, groups: [GROUP.group], position: expiresAt, expiresAt, revision: randomUUID(), data: '{}' }
}

const newRef = (): RecordRef => ({ kind: GROUP.kind, partition: GROUP.partition, id: randomUUID() })
const ended = (record: StoreRecord): StoreRecord => ({ ...record, groups: [], revision: randomUUID() })

async function roundTrip(store: Store): Promise<string> {
  const record = sample(newRef())
  const startedAt = performance.now()
  const steps: readonly (readonly [string, () => Promise<boolean>])[] = [
    ['an insert was done', async () => (await store.insert(record, { durable: true })) === 'inserted'],
    ['a second insert was refused', async () => (await store.insert(record)) === 'exists'],
    ['the record was read', async () => (await store.get([record]))[0]?.revision === record.revision],
    ['the record was listed', async () => (await listed(store)).some(({ id }) => id === record.id)],
    ['a replacement was done', () => store.replace(record, ended(record))],
    ['a second replacement was refused', async () => !(await store.replace(record, ended(record)))],
    ['the record left its list', async () => (await listed(store)).every(({ id }) => id !== record.id)],
  ]
  for (const [what, step] of steps)
    if (!(await step())) throw new Error(`the store does not keep records: not true that ${what}`)
  return `${steps.length} calls took ${Math.round(performance.now() - startedAt)} ms`
}

async function listed(store: Store): Promise<readonly StoreRecord[]> {
  return (await store.list(GROUP, { after: { position: Date.now(), id: '' }, limit: 1000 })).records
}

async function hintArrives(store: Store): Promise<string> {
  const record = sample(newRef())
  let heard = () => {}
  const arrived = new Promise<boolean>((resolve) => {
    heard = () => resolve(true)
    setTimeout(() => resolve(false), HINT_MS).unref()
  })
  const stop = await store.watch?.(({ id }) => id === record.id && heard())
  try {
    await store.insert(record)
    await store.replace(record, ended(record))
    if (await arrived) return 'other nodes hear of a change at once'
  } finally {
    await stop?.()
  }
  process.emitWarning('no hint of a change arrived: verifications that allow staleness notice it only then', {
    code: 'APPGRANT_NO_HINTS',
  })
  return 'the store accepts a listener'
}

async function options({ appgrant, hasOptions }: Call): Promise<string> {
  if (!hasOptions) return 'not compared with those of the nodes: pass --options'
  await appgrant.prepare()
  return 'compared with those of the node that was prepared last'
}

async function apps({ appgrant }: Call): Promise<string | undefined> {
  const { items, nextCursor } = await appgrant.apps.list({ limit: 100 })
  if (items.length === 0 && nextCursor === undefined) {
    process.emitWarning('there is no app. Is it another namespace, collection, table or database?', {
      code: 'APPGRANT_NO_APPS',
    })
    return undefined
  }
  return nextCursor === undefined ? `${items.length}` : `at least ${items.length}`
}
