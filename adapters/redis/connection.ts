import { notApplied } from '../../src/store.ts'
import { type Client, duplicateOf, type RedisClient } from './client.ts'
import { UNANSWERED } from './errors.ts'

/**
 * How long calls wait for a connection that is being opened; once it has taken longer, further calls fail at once. This
 * is less than core's default deadline, so that no write is sent after its caller was told that its outcome is unknown.
 */
export const PATIENCE_MS = 700

/** A connection that the store owns: opened at first use and reopened when it is lost, until it is closed. */
export interface Connection {
  readonly isCluster: boolean
  /**
   * The connection, once it accepts commands. If it does not within `patienceMs` after it was lost or first used,
   * rejects with an error marked as not applied. Default is {@link PATIENCE_MS}.
   */
  ready(patienceMs?: number): Promise<Client>
  /** Disconnects from a server that turned out not to be a master, and looks for the master again. */
  cut(): void
  close(): void
}

/** A connection that is being opened. */
interface Opening {
  readonly since: number
  /** Resolves when it is ready or ended. */
  readonly over: Promise<void>
}

export function openConnection(
  given: RedisClient,
  { blockedMs = 0 }: { readonly blockedMs?: number } = {},
): Connection {
  const openings = new WeakMap<Client, Opening>()
  let own: Client | undefined
  let leaving: Promise<void> | undefined
  let closed = false
  let lastError: unknown

  const ownClient = (): Client => {
    if (own) return own
    own = duplicateOf(given, { blockedMs })
    own.on('error', (error) => {
      lastError = error
    })
    return own
  }

  const openingOf = (client: Client): Opening => {
    const known = openings.get(client)
    if (known) return known
    const over = new Promise<void>((resolve) => {
      const done = () => {
        client.off('ready', done)
        client.off('end', done)
        openings.delete(client)
        resolve()
      }
      client.on('ready', done)
      client.on('end', done)
    })
    const opening = { since: performance.now(), over }
    openings.set(client, opening)
    // At 'end' the driver has given up connecting, so it has to be started again.
    if (client.status === 'wait' || client.status === 'end') client.connect().catch(() => {})
    return opening
  }
  /** Resolves when the connection is ready or ended, when it was opened for too long, or at `until`. */
  const opened = async (client: Client, patienceMs: number, until: number): Promise<void> => {
    const { since, over } = openingOf(client)
    const left = Math.min(since + patienceMs, until) - performance.now()
    if (left <= 0) return
    let timer: NodeJS.Timeout | undefined
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, left)
    })
    await Promise.race([over, enough])
    clearTimeout(timer)
  }

  return {
    isCluster: 'isCluster' in given && given.isCluster === true,
    async ready(patienceMs = PATIENCE_MS) {
      if (closed) throw notApplied(new Error('the store is closed'))
      const until = performance.now() + patienceMs
      const client = ownClient()
      await leaving
      if (client.status !== 'ready') {
        await opened(client, patienceMs, until)
        const { status } = client
        // At 'connect', the server has accepted the connection.
        const message = status === 'connect' ? UNANSWERED : 'not connected to Redis'
        if (status !== 'ready') throw notApplied(new Error(message, { cause: lastError }))
      }
      // ioredis connects to a cluster node at its first command, and rejects a second one until it is connected.
      if (client.isCluster) {
        const masters = client.nodes('master').filter((node) => node.status !== 'ready')
        if (masters.length > 0) await Promise.all(masters.map((node) => opened(node, patienceMs, until)))
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
