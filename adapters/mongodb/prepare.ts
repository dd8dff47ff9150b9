import { unusableStore } from '../../src/base/unusable-store.ts'
import { checkIndexes, createIndexes } from './indexes.ts'
import type { MongoCollection, MongoDb } from './mongo-collection.ts'
import { askServer, refuseMemberAlone } from './server.ts'

const MONGODB_4_4 = 9
const MAX_SKEW_MS = 1000
// Kinds of collection in which strings compare differently, documents disappear, or none can be written.
const UNFIT = ['collation', 'capped', 'timeseries', 'viewOn']

/** Rejects a server or collection that cannot be used, creates and checks the indexes, and warns about risks. */
export async function prepareCollection(db: MongoDb, collection: MongoCollection, direct: boolean) {
  const sent = Date.now()
  const server = await askServer(db)
  const received = Date.now()
  if (server.maxWireVersion < MONGODB_4_4)
    throw unusableStore('appgrant needs MongoDB 4.4 or newer', 'Update the server, or use another one.')
  if (!server.isWritablePrimary)
    throw unusableStore(
      'the MongoDB server is not a primary',
      'Connect to the primary, or name `replicaSet` in the URL of the client.',
    )
  if (direct) await refuseMemberAlone(db)
  // This also creates the collection if it does not exist.
  await createIndexes(collection)
  const options = await collection.options()
  const unfit = UNFIT.filter((option) => option in options)
  if (unfit.length > 0)
    throw unusableStore(
      `the MongoDB collection cannot be used: it was created with ${unfit.join(', ')}`,
      'Choose another one with the option `collection`: prepare() creates it.',
    )
  await checkIndexes(collection)

  const time = server.localTime.getTime()
  const skew = Math.max(sent - time, time - received)
  if (skew > MAX_SKEW_MS)
    process.emitWarning(`the clocks of this process and of the MongoDB server differ by ${skew} ms or more`, {
      code: 'APPGRANT_CLOCK_SKEW',
    })
  const standalone = server.setName === undefined && server.msg !== 'isdbgrid'
  if (standalone)
    process.emitWarning(
      'the MongoDB server is standalone: nothing takes over if it fails, and changes are not watched',
      {
        code: 'APPGRANT_MONGODB_STANDALONE',
      },
    )
  return { standalone }
}
