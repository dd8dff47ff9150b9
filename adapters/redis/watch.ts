import { once } from '../../src/base/once.ts'
import type { RecordRef } from '../../src/store.ts'
import type { Client } from './client.ts'
import type { Connection } from './connection.ts'
import type { Keyspace } from './keys.ts'

type Watch = (changed: (ref: RecordRef) => void) => Promise<() => Promise<void>>

/**
 * Subscribes to the hints that REPLACE publishes. Plain pub/sub reaches every node of a cluster; sharded pub/sub would
 * need Redis 7. Hints published while the connection is down are lost, which the port allows.
 */
export function watcher(connection: Connection, { channel }: Keyspace): Watch {
  const watching = new Set<(ref: RecordRef) => void>()
  let heard: Client | undefined

  const hear = (from: string, message: string) => {
    if (from !== channel) return
    const [partition = '', kind = '', id = ''] = message.split(' ')
    for (const changed of watching) changed({ kind, partition, id })
  }
  const listening = once(async () => {
    const client = await connection.ready()
    // A user without the right to subscribe is refused again and again, and must not leave a listener each time.
    if (heard !== client) client.on('message', hear)
    heard = client
    await client.subscribe(channel)
  })

  return async (changed) => {
    await listening()
    // Wrapped, so that the same callback can be registered twice.
    const watch = (ref: RecordRef) => changed(ref)
    watching.add(watch)
    return async () => void watching.delete(watch)
  }
}
