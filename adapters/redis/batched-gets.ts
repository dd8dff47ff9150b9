import { batchGets, type ReadResult, type RecordRef, type Store } from '../../src/store.ts'
import type { Connection } from './connection.ts'
import { gaveUp, refusalIn } from './errors.ts'
import { fromMaster } from './from-master.ts'
import type { Keyspace } from './keys.ts'
import { decodeRecord } from './record-encoding.ts'

/** Batches the gets of one event loop tick: one MGET on a single server, one for each partition on a cluster. */
export function batchedGets(connection: Connection, keys: Keyspace): Store['get'] {
  return batchGets({
    nameOf: keys.record,
    ...(connection.isCluster && { laneOf: ({ partition }) => partition }),
    async read(names, refs) {
      const values = await fromMaster(connection, (client) => client.mget(names))
      return refs.map((ref, index) => decoded(ref, values[index]))
    },
    // In a slot that is half moved, each key can be found only by a command of its own.
    async readAlone(error, names, refs) {
      if (refusalIn(error) !== 'TRYAGAIN' && !gaveUp(error)) throw error
      return await fromMaster(connection, async (client) => {
        const found: ReadResult[] = []
        for (const [index, name] of names.entries()) found.push(decoded(refs[index], await client.get(name)))
        return found
      })
    },
  })
}

/** The record in a value. A value that appgrant did not write fails only the calls that requested it. */
function decoded(ref: RecordRef | undefined, value: string | null | undefined): ReadResult {
  if (!ref || typeof value !== 'string') return undefined
  try {
    return decodeRecord(ref, value)
  } catch (error) {
    return error as Error
  }
}
