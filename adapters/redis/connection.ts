import { notApplied } from '../../src/store/store.ts'
import { type Client, duplicateOf, type RedisClient } from './client.ts'

// How long calls wait for a connection that is being opened; once it has taken longer, further calls fail at once. The
// first connection gets more time: it resolves names and loads the slots, and nothing can be served without it.
const FIRST_PATIENCE_MS = 3000
const PATIENCE_MS = 500

/** A connection that the store owns: opened at first use and reopened when it is lost, until it is closed. */
export interface Connection {
  readonly isCluster: boolean
  /** The connection, once it accepts commands. If it does not soon, rejects with an error marked as not applied. */
  ready(): Promise<Client>
  /** Disconnects from a server that turned out not to be a master, and looks for the master again. */
  cut(): void
  close(): void
}

export function openConnection(
  given: RedisClient,
  { blockedMs = 0 }: { readonly blockedMs?: number } = {},
): Connection {
  const patience = new WeakMap<Client, Promise<void>>()
  let own: Client | undefined
  let wasReady = false
  let leaving: Promise<void> | undefined
  let closed = false
  let lastError: unknown

  const opened = (): Client => {
    if (own) return own
    own = duplicateOf(given, { blockedMs })
    own.on('error', (error) => {
      lastError = error
    })
    return own
  }

  /** Resolves when the connection is ready or ended, or when the calls that share this wait have waited long enough. */
  const opening = (client: Client): Promise<void> => {
    const known = patience.get(client)
    if (known) return known
    const wait = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wasReady ? PATIENCE_MS : FIRST_PATIENCE_MS)
      const done = () => {
        clearTimeout(timer)
        client.off('ready', done)
        client.off('end', done)
        patience.delete(client)
        resolve()
      }
      client.on('ready', done)
      client.on('end', done)
    })
    patience.set(client, wait)
    // At 'end' the driver has given up connecting, so it has to be started again.
    if (client.status === 'wait' || client.status === 'end') client.connect().catch(() => {})
    return wait
  }

  return {
    isCluster: 'isCluster' in given && given.isCluster === true,
    async ready() {
      if (closed) throw notApplied(new Error('the store is closed'))
      const client = opened()
      await leaving
      if (client.status !== 'ready') {
        await opening(client)
        if (client.status !== 'ready') throw notApplied(new Error('not connected to Redis', { cause: lastError }))
      }
      wasReady = true
      // ioredis connects to a cluster node at its first command, and rejects a second one until it is connected.
      if (client.isCluster) {
        const masters = client.nodes('master').filter((node) => node.status !== 'ready')
        if (masters.length > 0) await Promise.all(masters.map(opening))
      }
      return client
    },
    cut() {
      const client = own
      if (client?.status !== 'ready' || leaving) return
      // Until the connection is closed, ioredis reports it as ready although it accepts no more commands.
      leaving = new Promise((resolve) => {
        client.once('close', () => {
          leaving = undefined
          resolve()
        })
      })
      client.disconnect(true)
    },
    close() {
      closed = true
      own?.disconnect()
    },
  }
}
