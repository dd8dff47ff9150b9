import { unusableStore } from '../../src/base/unusable-store.ts'
import { type MongoDb, PLAIN_VALUES } from './mongo-collection.ts'

/** A server's response to `hello`. */
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

/** Sends `hello`, to the primary if the client knows it. */
export function askServer(db: MongoDb): Promise<Server> {
  return db.command({ hello: 1 }, { ...PLAIN_VALUES, readPreference: 'primary' }) as Promise<Server>
}

/** Whether the client is tied to one server. The driver then reads from it even if it is a secondary. */
export function isDirect(db: MongoDb & { client?: { options?: { directConnection?: boolean } } }): boolean {
  return db.client?.options?.directConnection === true
}

/** Rejects if the client would keep reading from one member of a replica set after another became primary. */
export async function refuseMemberAlone(db: MongoDb): Promise<void> {
  const { setName, hosts = [] } = await askServer(db)
  if (setName === undefined || hosts.length < 2) return
  throw unusableStore(
    `the MongoDB client uses directConnection with one member of the replica set ${setName}, and would read stale ` +
      'data after another member became primary',
    'Remove directConnection from the URL or the options of the client.',
  )
}
