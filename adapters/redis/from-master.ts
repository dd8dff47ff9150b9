import type { Client } from './client.ts'
import type { Connection } from './connection.ts'

/**
 * Reads, and believes the answer only where the server is a master just behind it. A master that was demoted without
 * disconnecting anyone goes on answering, with what it has. (In a cluster such a server answers MOVED.)
 */
export async function fromMaster<Answer>(
  connection: Connection,
  read: (client: Client) => Promise<Answer>,
): Promise<Answer> {
  const client = await connection.ready()
  if (client.isCluster) return await read(client)
  const [answer, [role]] = await Promise.all([read(client), client.role()])
  if (role === 'master') return answer
  connection.cut()
  throw new Error(`the Redis server is a ${role}, not a master`)
}
