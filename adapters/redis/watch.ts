import { once } from '../../src/base/once.ts'
import { createWatchers, type Store } from '../../src/store.ts'
import type { Client } from './client.ts'
import type { Connection } from './connection.ts'
import type { Keyspace } from './keys.ts'

/**
 * Subscribes to the hints that REPLACE publishes. Plain pub/sub reaches every node of a cluster; sharded pub/sub would
 * need Redis 7. Hints published while the connection is down are lost, which the port allows.
 */
export function watcher(connection: Connection, { channel }: Keyspace): NonNullable<Store['watch']> {
  const watchers = createWatchers()
  let heard: Client | undefined

  const hear = (from: string, message: string) => {
    if (from !== channel) return
    const [partition = '', kind = '', id = ''] = message.split(' ')
    watchers.notify({ kind, partition, id })
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
    return watchers.add(changed)
  }
}
