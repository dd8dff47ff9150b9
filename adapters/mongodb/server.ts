import { type MongoDb, PLAIN_VALUES } from './mongo-collection.ts'

/** What a server says of itself. */
export interface Server {
  readonly maxWireVersion: number
  readonly isWritablePrimary: boolean
  readonly localTime: Date
  /** Absent on a standalone server. */
  readonly setName?: string
  readonly hosts?: readonly string[]
  /** `isdbgrid` on a router of a sharded cluster. */
  readonly msg?: string
  readonly operationTime?: unknown
}

/** Asks the server, the primary one where the client knows it. */
export function askServer(db: MongoDb): Promise<Server> {
  return db.command({ hello: 1 }, { ...PLAIN_VALUES, readPreference: 'primary' }) as Promise<Server>
}

/** Whether the client talks to one given server. Then drivers read from a secondary, though a primary was asked for. */
export function isDirect(db: MongoDb & { client?: { options?: { directConnection?: boolean } } }): boolean {
  return db.client?.options?.directConnection === true
}

/** Rejects where the client would go on reading from this one member of a replica set after another became primary. */
export async function refuseMemberAlone(db: MongoDb): Promise<void> {
  const { setName, hosts = [] } = await askServer(db)
  if (setName === undefined || hosts.length < 2) return
  throw new Error(
    `the MongoDB client uses directConnection with a member of the replica set ${setName}, and would read what is ` +
      'out of date once another is primary. Leave directConnection out',
  )
}
