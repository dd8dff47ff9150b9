import type { Client } from './client.ts'
import type { Connection } from './connection.ts'

/** The clock of the server, or of one of the servers of a cluster, in ms since 1970. */
export async function serverTime(connection: Connection): Promise<number> {
  return timeOf(await connection.ready())
}

/** The clock of the server that the client is connected to, in ms since 1970. */
export async function timeOf(client: Client): Promise<number> {
  const [seconds, microseconds] = await client.time()
  return Number(seconds) * 1000 + Number(microseconds) / 1000
}
