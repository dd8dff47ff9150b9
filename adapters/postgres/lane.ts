import { notApplied } from '../../src/store.ts'
import { type Connection, type ConnectionOptions, openConnection, type Row } from './connection.ts'

/**
 * How long a call waits for a connection: less than core's default deadline, so that no write is sent after its caller
 * was told that its outcome is unknown.
 */
export const PATIENCE_MS = 600
/** How long calls fail at once after a connection could not be opened. */
const PAUSE_MS = 100
/** How long `close` waits for statements that are under way. */
const MOST_WAITING_MS = 300

/** A few connections for calls of one kind, so that calls of another kind do not wait for them. */
export interface Lane {
  /** Uses a connection once one is free. Rejects with an error marked with `notApplied` if none becomes free. */
  run<Result>(use: (connection: Connection) => Promise<Result>): Promise<Result>
  /** Sends a statement over such a connection. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** How many calls could have a connection at once. */
  spare(): number
  /** Opens the first connection, for longer than a call would wait. */
  warm(): Promise<void>
  close(): Promise<void>
}

interface Waiting {
  readonly resolve: (connection: Connection) => void
  readonly reject: (error: unknown) => void
  readonly timer: NodeJS.Timeout
}

/**
 * @param size - the maximum number of connections. They are opened when they are needed.
 */
export function openLane(size: number, options: Omit<ConnectionOptions, 'lost'>): Lane {
  const open = new Set<Connection>()
  let idle: Connection[] = []
  let waiting: Waiting[] = []
  let opening = 0
  let refusal: { readonly error: unknown; readonly until: number } | undefined
  let isClosed = false
  let onSettled = () => {}

  const next = () => {
    const first = waiting.shift()
    clearTimeout(first?.timer)
    return first
  }
  const give = (connection: Connection) => {
    const first = next()
    if (first) first.resolve(connection)
    else idle.push(connection)
  }
  const lost = (connection: Connection) => {
    open.delete(connection)
    idle = idle.filter((one) => one !== connection)
  }
  const release = (connection: Connection) => {
    if (!connection.isOpen()) {
      lost(connection)
      if (waiting.length > 0) openOne()
    } else if (isClosed) {
      lost(connection)
      void connection.close()
    } else give(connection)
    if (idle.length === open.size) onSettled()
  }
  const openOne = async () => {
    if (open.size + opening >= size) return
    opening++
    try {
      const connection = await openConnection({ ...options, lost })
      opening--
      open.add(connection)
      refusal = undefined
      release(connection)
    } catch (error) {
      opening--
      refusal = { error, until: performance.now() + PAUSE_MS }
      // Those that can get one of the other connections wait for it.
      if (open.size > 0) return
      for (let first = next(); first; first = next()) first.reject(error)
    }
  }
  const acquire = (): Promise<Connection> | Connection => {
    if (isClosed) throw notApplied(new Error('the store is closed'))
    const free = idle.pop()
    if (free) return free
    if (refusal && open.size === 0 && performance.now() < refusal.until) throw refusal.error
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        if (!waiting.includes(call)) return
        waiting = waiting.filter((one) => one !== call)
        reject(notApplied(new Error('no connection to PostgreSQL became free')))
      }
      // Responses that came while this process was busy are read before it gives up.
      const timer = setTimeout(() => setImmediate(giveUp), PATIENCE_MS)
      const call = { resolve, reject, timer }
      waiting.push(call)
      void openOne()
    })
  }
  const takeIdle = () => {
    const all = idle
    idle = []
    for (const connection of all) open.delete(connection)
    return all
  }

  const run: Lane['run'] = async (use) => {
    const connection = await acquire()
    try {
      return await use(connection)
    } finally {
      release(connection)
    }
  }

  return {
    run,
    query: (text, values) => run((connection) => connection.query(text, values)),
    spare: () => (isClosed ? 0 : idle.length + size - open.size - opening),
    async warm() {
      if (isClosed || open.size + opening > 0) return
      await openOne()
      if (open.size === 0 && refusal) throw refusal.error
    },
    async close() {
      isClosed = true
      for (let first = next(); first; first = next()) first.reject(notApplied(new Error('the store is closed')))
      if (idle.length < open.size) {
        let timer: NodeJS.Timeout | undefined
        await new Promise<void>((resolve) => {
          onSettled = resolve
          timer = setTimeout(resolve, MOST_WAITING_MS)
        })
        clearTimeout(timer)
      }
      for (const connection of open) if (!idle.includes(connection)) connection.destroy()
      await Promise.all(takeIdle().map((connection) => connection.close()))
    },
  }
}
