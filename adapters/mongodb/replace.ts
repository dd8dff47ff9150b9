import type { StoreRecord } from '../../src/store.ts'
import { checkedName, documentOf, idOf } from './document.ts'
import { MAX_TIME_MS, type MongoCollection } from './mongo-collection.ts'
import { writeError } from './mongo-errors.ts'

/**
 * Replaces `from` by `to` if `from` is the stored revision. A driver that lost the response sends the command again
 * under the same transaction number, and a replica set returns the result of the first execution. A standalone server
 * has no transaction numbers, so it gets the command only once.
 */
export async function replaceRecord(collection: MongoCollection, from: StoreRecord, to: StoreRecord): Promise<boolean> {
  const { groups, position, expiresAt, reclaimAt, revision, data } = documentOf(to)
  // A record does not know its seat, so the server has to keep or free it.
  const whileLimited = (field: string) => ({
    $cond: [{ $in: ['$limited', { $literal: groups }] }, field, '$$REMOVE'],
  })
  const change = {
    groups: { $literal: groups },
    position: { $literal: position },
    expiresAt: expiresAt ?? '$$REMOVE',
    reclaimAt: reclaimAt ?? '$$REMOVE',
    revision: { $literal: revision },
    data: { $literal: data },
    limited: whileLimited('$limited'),
    seat: whileLimited('$seat'),
  }
  try {
    const { matchedCount } = await collection.updateOne(
      {
        _id: { $eq: idOf(from) },
        partition: { $eq: from.partition },
        revision: { $eq: checkedName(from.revision, 'revision') },
      },
      [{ $set: change }],
      { hint: '_id_', maxTimeMS: MAX_TIME_MS },
    )
    return matchedCount === 1
  } catch (error) {
    throw writeError(error)
  }
}
