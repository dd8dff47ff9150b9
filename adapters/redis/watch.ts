import type { RecordRef } from '../../src/store/store.ts'
import type { Connection } from './connection.ts'
import type { Keyspace } from './keys.ts'

type Watch = (changed: (ref: RecordRef) => void) => Promise<() => Promise<void>>

/**
 * Hears the hints that REPLACE publishes: by plain pub/sub, which in a cluster reaches every node, as sharded pub/sub needs
 * Redis 7. What is published while the connection is down is lost: a hint may be.
 */
export function watcher(connection: Connection, { channel }: Keyspace): Watch {
  const watching = new Set<(ref: RecordRef) => void>()
  let listening: Promise<unknown> | undefined

  const listen = async () => {
    const client = await connection.ready()
    client.on('message', (from, message) => {
      if (from !== channel) return
      const [partition = '', kind = '', id = ''] = message.split(' ')
      for (const changed of watching) changed({ kind, partition, id })
    })
    await client.subscribe(channel)
  }

  return async (changed) => {
    listening ??= listen()
    try {
      await listening
    } catch (error) {
      listening = undefined
      throw error
    }
    // A function of its own, so that the same callback may watch twice.
    const watch = (ref: RecordRef) => changed(ref)
    watching.add(watch)
    return async () => void watching.delete(watch)
  }
}
