import { notApplied } from '../../src/store.ts'
import { destroy, newClient, type PostgresClient, processOf } from './client.ts'
import { isUsableAfter } from './errors.ts'

const CONNECT_MS = 3000
/** The server ends any statement after this time. Core's own deadline is shorter by default. */
const STATEMENT_MS = 2000
/** A connection without a response for this long is lost, unless the server is still at work. */
const SILENT_MS = 2500
const MOST_CLOSING_MS = 300
/** The SQLSTATE of a server that only reads. */
const STANDBY = '25006'

/** A row, by the names of its columns. The statements of this store return only text and null. */
export type Row = Readonly<Record<string, string | null>>

/** A connection that the store opened. It runs one statement at a time. */
export interface Connection {
  /** The server's process; undefined behind a pooler, which may change it. */
  readonly process: number | undefined
  /** False after it was closed or lost. */
  isOpen(): boolean
  /** Sends a statement, once. One with values is parsed once for each connection. Rejects with the driver's error. */
  query(text: string, values?: readonly unknown[]): Promise<readonly Row[]>
  /** Closes it at once. What is under way rejects. */
  destroy(): void
  /** Tells the server that it is closed, and waits for that a moment. */
  close(): Promise<void>
  /** Calls `heard` with each notification. */
  onNotification(heard: (payload: string) => void): void
}

/** How a connection is opened and watched. */
export interface ConnectionOptions {
  /** Returns a new client of the driver. */
  readonly create: () => PostgresClient
  /** Is called when the connection was lost while it ran no statement. */
  readonly lost?: (connection: Connection) => void
  /** Whether the server is still at work for a connection that was silent for this long. Default is that it is not. */
  readonly isAtWork?: (connection: Connection, silentMs: number) => Promise<boolean>
}

// Each statement has one good plan. The server would otherwise plan it anew for each array of keys, which takes as long as to run it.
// Behind a pooler that gives each transaction another process, the settings would reach other clients.
const HANDSHAKE = `SELECT pg_catalog.pg_is_in_recovery()::text AS standby,
  CASE WHEN pg_catalog.pg_backend_pid() = $1::integer THEN
    pg_catalog.set_config('statement_timeout', '${STATEMENT_MS}', false)
    || pg_catalog.set_config('idle_in_transaction_session_timeout', '${STATEMENT_MS}', false)
    || pg_catalog.set_config('default_transaction_isolation', 'read committed', false)
    || pg_catalog.set_config('jit', 'off', false)
    || pg_catalog.set_config('enable_seqscan', 'off', false)
    || pg_catalog.set_config('plan_cache_mode', 'force_generic_plan', false)
  END AS settings`

/** Opens a connection to a primary. Rejects with an error marked with `notApplied`. */
export async function openConnection(options: ConnectionOptions): Promise<Connection> {
  let client: PostgresClient
  try {
    client = newClient(options.create)
  } catch (error) {
    throw notApplied(error)
  }
  let isOpen = true
  let isBusy = false
  let isDirect = false
  const names = new Map<string, string>()
  let warning: Error | undefined

  const connection: Connection = {
    get process() {
      return isDirect ? processOf(client) : undefined
    },
    isOpen: () => isOpen,
    async query(text, values = []) {
      warning = undefined
      isBusy = true
      since = performance.now()
      silence.refresh()
      try {
        const { rows } = await send(text, values)
        if (warning) throw warning
        return rows as readonly Row[]
      } catch (error) {
        if (!isUsableAfter(error)) connection.destroy()
        throw error
      } finally {
        isBusy = false
      }
    },
    destroy() {
      isOpen = false
      clearTimeout(silence)
      destroy(client)
    },
    async close() {
      isOpen = false
      clearTimeout(silence)
      let timer: NodeJS.Timeout | undefined
      const enough = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, MOST_CLOSING_MS)
      })
      await Promise.race([client.end().catch(() => {}), enough])
      clearTimeout(timer)
      destroy(client)
    },
    onNotification(heard) {
      client.on('notification', ({ payload }: { readonly payload?: string }) => heard(payload ?? ''))
    },
  }
  const send = (text: string, values: readonly unknown[]) => {
    // Behind a pooler, another process would not know the name.
    if (!isDirect || values.length === 0) return client.query(text, [...values])
    const name = names.get(text) ?? `appgrant_${names.size}`
    names.set(text, name)
    return client.query({ name, text, values: [...values] })
  }
  let since = 0
  // One timer for all statements, because each takes this path. It is of no interest while none is under way.
  const silence = setTimeout(async () => {
    const asked = since
    if (!isBusy) return
    const isAtWork = (await options.isAtWork?.(connection, performance.now() - asked).catch(() => true)) ?? false
    if (!isBusy || since !== asked) return
    if (isAtWork) silence.refresh()
    else connection.destroy()
  }, SILENT_MS)
  const closed = () => {
    const wasOpen = isOpen
    isOpen = false
    clearTimeout(silence)
    if (wasOpen && !isBusy) options.lost?.(connection)
  }
  // An error that nobody listens to ends the process.
  client.on('error', closed)
  client.on('end', closed)
  // If the wait of a commit for a standby is cancelled, the server reports success, and warns.
  client.on('notice', ({ code }: { readonly code?: string }) => {
    if (code?.startsWith('01')) warning = new Error('the server did not confirm the commit')
  })

  const opened = async () => {
    await client.connect()
    const [found] = await connection.query(HANDSHAKE, [processOf(client) ?? 0])
    if (found?.standby !== 'false')
      throw Object.assign(new Error('the PostgreSQL server is a standby, not the primary'), { code: STANDBY })
    isDirect = found.settings !== null
  }
  let timer: NodeJS.Timeout | undefined
  const enough = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no connection to PostgreSQL within ${CONNECT_MS} ms`)), CONNECT_MS)
  })
  try {
    await Promise.race([opened(), enough])
    return connection
  } catch (error) {
    connection.destroy()
    throw notApplied(error)
  } finally {
    clearTimeout(timer)
  }
}
