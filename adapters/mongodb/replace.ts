import type { StoreRecord } from '../../src/store/store.ts'
import { checkedName, documentOf, idOf } from './document.ts'
import { MAX_TIME_MS, type MongoCollection } from './mongo-collection.ts'
import { writeError } from './mongo-errors.ts'

/**
 * Puts `to` in the place of `from`, iff that is what is stored. A driver that lost the answer repeats the command under the same
 * number, and a replica set answers with what the first execution came to. A standalone server keeps no such numbers and gets
 * the command once.
 */
export async function replaceRecord(collection: MongoCollection, from: StoreRecord, to: StoreRecord): Promise<boolean> {
  const { groups, position, expiresAt, reclaimAt, revision, data } = documentOf(to)
  // The seat is the server's to keep or to free: no record tells it.
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
