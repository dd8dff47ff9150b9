import { createWatchers, notApplied, type RecordRef, type Store } from '../../src/store.ts'
import type { PostgresClient } from './client.ts'
import { type Connection, openConnection } from './connection.ts'
import type { Lane } from './lane.ts'
import { keyOf, type Names, refOf } from './names.ts'

const REOPEN_AFTER_MS = 1000
/** How often the connection is tried: nothing else would notice that it is dead. */
const PING_MS = 15_000
const MAX_WAITING = 1000

/**
 * Sends hints after their records were committed, in transactions of their own: a server commits those that notify one
 * after the other. The returned function never waits. Hints may be lost.
 */
export function notifier({ channel }: Names, lane: Lane): (replaced: RecordRef) => void {
  const statement =
    'SELECT pg_catalog.pg_notify($1::text, key)::text FROM pg_catalog.json_array_elements_text($2::json) AS key'
  let waiting = new Set<string>()
  let isSending = false

  const sendAll = async () => {
    while (waiting.size > 0) {
      const keys = [...waiting]
      waiting = new Set()
      await lane.query(statement, [channel, JSON.stringify(keys)])
    }
  }
  return (replaced) => {
    if (waiting.size < MAX_WAITING) waiting.add(keyOf(replaced))
    if (isSending) return
    isSending = true
    const done = () => {
      isSending = false
    }
    // The hints of one tick travel together.
    setImmediate(() => void sendAll().then(done, done))
  }
}

/** Listens for hints over a connection of its own, which is opened again when it is lost. */
export interface Listener {
  readonly watch: NonNullable<Store['watch']>
  close(): Promise<void>
}

export function listener({ channel }: Names, create: () => PostgresClient): Listener {
  const watchers = createWatchers()
  let listening: Promise<Connection> | undefined
  let timer: NodeJS.Timeout | undefined
  let isClosed = false

  const open = async () => {
    const connection = await openConnection({ create, lost: () => reopen() })
    try {
      if (isClosed) throw new Error('the store is closed')
      if (connection.process === undefined)
        throw new Error('hints need a connection that no pooler shares. Pass one as the option listener')
      connection.onNotification((payload) => watchers.notify(refOf(payload)))
      await connection.query(`LISTEN "${channel}"`)
    } catch (error) {
      await connection.close()
      throw notApplied(error)
    }
    ping(connection)
    return connection
  }
  const listen = () => {
    listening ??= open().catch((error) => {
      listening = undefined
      throw error
    })
    return listening
  }
  const ping = (connection: Connection) => {
    timer = setTimeout(() => connection.query('SELECT').then(() => ping(connection), reopen), PING_MS).unref()
  }
  const reopen = () => {
    clearTimeout(timer)
    listening = undefined
    if (isClosed || watchers.size === 0) return
    timer = setTimeout(() => listen().catch(reopen), REOPEN_AFTER_MS).unref()
  }
  return {
    async watch(changed) {
      if (isClosed) throw notApplied(new Error('the store is closed'))
      await listen()
      return watchers.add(changed)
    },
    async close() {
      isClosed = true
      clearTimeout(timer)
      watchers.clear()
      const connection = await listening?.catch(() => undefined)
      await connection?.close()
    },
  }
}
