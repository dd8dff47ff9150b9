import { notApplied } from '../../src/store.ts'
import type { Client } from './client.ts'
import { type Connection, PATIENCE_MS } from './connection.ts'
import { refusalIn, replyText } from './errors.ts'
import { delay, isTransient, RETRY_BUDGET_MS, type RunScript } from './run-script.ts'
import type { ScriptCall } from './scripts.ts'

/** How many replicas must confirm a durable write, and how long they may take. */
export interface Durability {
  readonly replicas: number
  readonly timeoutMs: number
}

interface Write {
  readonly call: ScriptCall
  /** It is tried again until then, and not sent at all from `lateAt` on: its caller has given up, or soon will. */
  readonly until: number
  readonly lateAt: number
  readonly resolve: (reply: unknown) => void
  readonly reject: (error: unknown) => void
  /** The server does not have the script, so its source is sent. */
  byText?: boolean
  /** The `host:port` of an ASK reply, for the next attempt only. */
  ask?: string | undefined
}

/**
 * Runs scripts whose writes count only when enough replicas have them. WAIT covers only the writes of its own
 * connection, so scripts and WAIT are sent as one pipeline. WAIT also blocks the connection, so each lane (the server,
 * or one partition of a cluster) has one pipeline in flight; the writes that arrive meanwhile share the next one, under
 * one WAIT.
 */
export function durableWrites(connection: Connection, durability: Durability): RunScript {
  const lanes = new Map<string, Write[]>()

  const drain = async (lane: string, waiting: Write[]) => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0)
      await commit(connection, durability, batch).catch((error) => {
        for (const write of batch) write.reject(error)
      })
    }
    lanes.delete(lane)
  }

  return (call) =>
    new Promise((resolve, reject) => {
      const now = Date.now()
      const lateAt = now + PATIENCE_MS + durability.timeoutMs
      const write = { call, until: now + RETRY_BUDGET_MS, lateAt, resolve, reject }
      const lane = connection.isCluster ? call.partition : ''
      const waiting = lanes.get(lane)
      if (waiting) {
        waiting.push(write)
        return
      }
      const begun = [write]
      lanes.set(lane, begun)
      setImmediate(() => void drain(lane, begun))
    })
}

/** Settles every write of a batch, with its reply once enough replicas have confirmed it, or with its error. */
async function commit(connection: Connection, durability: Durability, batch: readonly Write[]): Promise<void> {
  let open = batch
  while (open.length > 0) {
    const client = await connection.ready()
    const now = Date.now()
    for (const write of open)
      if (now >= write.lateAt) write.reject(notApplied(new Error('earlier writes or the connection took too long')))
    open = open.filter(({ lateAt }) => now < lateAt)
    if (open.length === 0) return
    const asked = open.filter(({ ask }) => ask !== undefined)
    const rest = open.filter(({ ask }) => ask === undefined)
    const refused = await Promise.all([
      ...(rest.length > 0 ? [send(client, durability, rest)] : []),
      ...[...new Set(asked.map(({ ask }) => ask))].map((address) => {
        const there = asked.filter(({ ask }) => ask === address)
        return send(nodeAt(client, address) ?? client, durability, there)
      }),
    ])
    open = refused.flat()
  }
}

/** Sends writes as one pipeline and settles them. Returns those that were not executed and can be tried again. */
async function send(client: Client, durability: Durability, writes: readonly Write[]): Promise<readonly Write[]> {
  const asking = !client.isCluster && writes.some(({ ask }) => ask !== undefined)
  const replies = await client
    .pipeline([
      ...writes.flatMap((write) => (asking ? [['asking'], command(write)] : [command(write)])),
      ['wait', durability.replicas, durability.timeoutMs],
    ])
    .exec()
  const [waitError, confirmed] = replies[replies.length - 1] ?? []
  const again: Write[] = []
  let moved: Write | undefined
  for (const [index, write] of writes.entries()) {
    const [error, reply] = replies[asking ? 2 * index + 1 : index] ?? []
    const refusal = refusalIn(error)
    if (!error) {
      if (typeof confirmed === 'number' && confirmed >= durability.replicas) write.resolve(reply)
      else write.reject(waitError ?? new Error(`${confirmed} of ${durability.replicas} replicas confirmed the write`))
    } else if (refusal === 'NOSCRIPT' && !write.byText) {
      write.byText = true
      again.push(write)
    } else if (isTransient(error) && Date.now() < write.until) {
      write.ask = refusal === 'ASK' ? replyText(error).split(' ')[2] : undefined
      if (refusal === 'MOVED' || refusal === 'ASK') moved ??= write
      again.push(write)
    } else write.reject(error)
  }
  if (moved) await follow(client, moved)
  else if (again.some(({ byText }) => !byText)) await delay()
  return again
}

function command({ call, byText }: Write): readonly (string | number)[] {
  const { script, keys, args } = call
  const [name, text] = byText ? ['eval', script.source] : ['evalsha', script.sha]
  return [name, text, keys.length, ...keys, ...args]
}

/** Reads the key, so that ioredis follows its redirection, which it does for single commands but not for pipelines. */
async function follow(client: Client, write: Write): Promise<void> {
  await client.get(write.call.keys[0] ?? '').catch(() => {})
}

function nodeAt(client: Client, address: string | undefined): Client | undefined {
  return client.nodes('all').find(({ options }) => `${options.host}:${options.port}` === address)
}
