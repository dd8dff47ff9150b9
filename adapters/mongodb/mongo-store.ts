import { invalidOption } from '../../src/base/errors.ts'
import { assertOptions, knownMembers } from '../../src/base/known-members.ts'
import { once } from '../../src/base/once.ts'
import { batchGets, notApplied, type RecordRef, type Store, withSanitizedErrors } from '../../src/store.ts'
import { idOf } from './document.ts'
import { checkIndexes } from './indexes.ts'
import { insertTogether } from './insert.ts'
import { type MongoDb, openCollection } from './mongo-collection.ts'
import { withFix } from './mongo-errors.ts'
import { prepareCollection } from './prepare.ts'
import { onceReached } from './reached.ts'
import { countGroup, getRecords, listGroup } from './read.ts'
import { replaceRecord } from './replace.ts'
import { insertSeated } from './seats.ts'
import { askServer, isDirect, refuseMemberAlone } from './server.ts'
import { followChanges } from './watch.ts'

export type { MongoDb } from './mongo-collection.ts'

/** Where {@link mongoStore} keeps its records. */
export interface MongoStoreOptions {
  /** A `Db` of the driver `mongodb` 6 or 7. The store never closes its client. */
  readonly db: MongoDb
  /** The name of the collection that holds all records. Default is `appgrant`. */
  readonly collection?: string | undefined
}

const OPTIONS = knownMembers<MongoStoreOptions>({ db: true, collection: true })

/** A store on MongoDB. */
export interface MongoStore extends Store {
  /**
   * Creates the collection's indexes and checks them. May be called more than once. Rejects if the store cannot work:
   * the server is older than 4.4, a different index has the same name, the collection has a collation or a cap, or the
   * client is connected directly to one of several members. Warns through `process.emitWarning` with the codes
   * `APPGRANT_CLOCK_SKEW` (the clocks differ by more than a second) and `APPGRANT_MONGODB_STANDALONE`. On a standalone
   * server, which has no change streams, it removes `watch` from the store.
   */
  prepare(): Promise<void>
}

/**
 * Keeps everything in one collection of MongoDB 4.4 or newer: a standalone server, a replica set or a sharded cluster.
 * Reads go to the primary and writes wait for a majority, whatever the connection string says.
 *
 * @throws TypeError if `db` is not a driver's database or `collection` is not a non-empty string.
 * @example
 * ```ts
 * import { createAppGrant } from 'appgrant'
 * import { mongoStore } from 'appgrant/mongodb'
 * import { MongoClient } from 'mongodb'
 *
 * const client = new MongoClient('mongodb://db1,db2,db3/host?replicaSet=main')
 * const store = mongoStore({ db: client.db() })
 * await store.prepare()
 * const appgrant = createAppGrant({ store })
 * await appgrant.prepare()
 * ```
 */
export function mongoStore(options: MongoStoreOptions): MongoStore {
  assertOptions('mongoStore', options, OPTIONS)
  const { db, collection: name = 'appgrant' } = options
  if (typeof db?.collection !== 'function' || typeof db.command !== 'function')
    throw invalidOption('mongoStore', 'db', "a Db of the driver 'mongodb'", db)
  if (typeof name !== 'string' || name === '')
    throw invalidOption('mongoStore', 'collection', 'a non-empty string', name)

  const collection = openCollection(db, name)
  const direct = isDirect(db)
  const readable = direct ? once(() => refuseMemberAlone(db)) : undefined
  // Without its unique index a limit would not hold.
  const limitable = once(() => checkIndexes(collection).catch((error) => Promise.reject(notApplied(error))))
  const reached = onceReached(() => askServer(db))
  const reachable = () => reached().catch((error) => Promise.reject(notApplied(error)))
  const insertOne = insertTogether(collection)
  const watching = new Set<() => Promise<void>>()
  let closed = false

  const insert: Store['insert'] = async (record, { limit } = {}) => {
    await reachable()
    if (!limit) return insertOne(record)
    await limitable()
    return insertSeated(collection, record, limit)
  }
  const replace: Store['replace'] = async (from, to) => {
    await reachable()
    return replaceRecord(collection, from, to)
  }
  const list: Store['list'] = async (group, page) => {
    await readable?.()
    return listGroup(collection, group, page)
  }
  const count: Store['count'] = async (group, after) => {
    await readable?.()
    return countGroup(collection, group, after)
  }
  const watch = async (changed: (ref: RecordRef) => void) => {
    const { operationTime } = await askServer(db)
    // A standalone server has neither operation times nor change streams.
    if (closed || operationTime === undefined) return async () => {}
    const end = followChanges(collection, operationTime, changed)
    watching.add(end)
    return async () => {
      watching.delete(end)
      await end()
    }
  }

  // Without `conditionalInserts`: no one command compares a document and inserts another, and a transaction takes three trips.
  const store: MongoStore = {
    get: batchGets({
      nameOf: idOf,
      async read(ids, refs) {
        await readable?.()
        return getRecords(collection, ids, refs)
      },
    }),
    insert: (record, options) => withSanitizedErrors(insert(record, options)),
    replace: (from, to) => withSanitizedErrors(replace(from, to)),
    list: (group, page) => withSanitizedErrors(list(group, page)),
    count: (group, after) => withSanitizedErrors(count(group, after)),
    time: () => withSanitizedErrors(askServer(db)).then(({ localTime }) => localTime.getTime()),
    watch: (changed) => withSanitizedErrors(watch(changed)),
    async prepare() {
      const { standalone } = await withSanitizedErrors(
        prepareCollection(db, collection, direct).catch((error) => Promise.reject(withFix(error))),
      )
      // Core must not wait for hints that cannot come.
      if (standalone) delete store.watch
    },
    async close() {
      closed = true
      await Promise.all([...watching].map((end) => end()))
      watching.clear()
    },
  }
  return store
}
