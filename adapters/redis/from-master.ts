import type { Client } from './client.ts'
import type { Connection } from './connection.ts'

/**
 * Runs a read, and returns its result only if the server is still a master right after it. A master that was demoted
 * without closing its connections keeps returning what it has. (In a cluster it replies MOVED.)
 */
export async function fromMaster<Result>(
  connection: Connection,
  read: (client: Client) => Promise<Result>,
): Promise<Result> {
  const client = await connection.ready()
  if (client.isCluster) return await read(client)
  const [answer, [role]] = await Promise.all([read(client), client.role()])
  if (role === 'master') return answer
  connection.cut()
  throw new Error(`the Redis server is a ${role}, not a master`)
}
