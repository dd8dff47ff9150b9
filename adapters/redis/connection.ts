import { notApplied } from '../../src/store/store.ts'
import { type Client, duplicateOf, type RedisClient } from './client.ts'

// How long calls wait for a connection that is being made; one that takes longer is waited for no more. The first one looks
// up names and learns where slots are, and there is nothing to be served without it.
const FIRST_PATIENCE_MS = 3000
const PATIENCE_MS = 500

/** A connection of the store's own: made when it is first needed, made again when it is lost, until it is closed. */
export interface Connection {
  readonly isCluster: boolean
  /** The connection when it takes commands; rejects, soon and marked as not applied, where it does not. */
  ready(): Promise<Client>
  /** Drops the server that is connected, which turned out not to be a master, and looks for it anew. */
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

  /** Resolves when the connection is ready or ended, or was waited for long enough, by this call or by earlier ones. */
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
    // 'end' too is a beginning: it is reached when the driver saw no way to connect.
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
      // ioredis connects to a node of the cluster when it has a first command for it, and refuses the second one meanwhile.
      if (client.isCluster) {
        const masters = client.nodes('master').filter((node) => node.status !== 'ready')
        if (masters.length > 0) await Promise.all(masters.map(opening))
      }
      return client
    },
    cut() {
      const client = own
      if (client?.status !== 'ready' || leaving) return
      // Until it is closed ioredis calls a connection ready that takes no more commands.
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
