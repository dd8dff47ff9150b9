import { describeValue } from '../../src/base/describe-value.ts'
import type { GroupRef, PageRequest, Position, RecordPage, RecordRef, StoreRecord } from '../../src/store.ts'
import { checkedName, checkedNumber, type MongoDocument, recordOf } from './document.ts'
import { GROUP_INDEX } from './indexes.ts'
import { MAX_TIME_MS, type MongoCollection } from './mongo-collection.ts'
import { readError } from './mongo-errors.ts'

/** The records with these ids, in their order, by one `find`. The ids are those of the refs. */
export async function getRecords(
  collection: MongoCollection,
  ids: readonly string[],
  refs: readonly RecordRef[],
): Promise<(StoreRecord | undefined)[]> {
  const partitions = [...new Set(refs.map((ref) => ref.partition))]
  const documents = await collection
    .find<MongoDocument>(
      { _id: { $in: ids }, partition: { $in: partitions } },
      { hint: '_id_', limit: ids.length, batchSize: ids.length, maxTimeMS: MAX_TIME_MS },
    )
    .toArray()
  const found = new Map(documents.map((document) => [document._id, recordOf(document)]))
  return ids.map((id) => found.get(id))
}

/**
 * A page of a group, in index order. The server reads each document after its index entry and skips it if the entry no
 * longer matches, so every record was in the group, at that position, when it was read.
 */
export async function listGroup(
  collection: MongoCollection,
  group: GroupRef,
  { after, limit }: PageRequest,
): Promise<RecordPage> {
  const members = membersOf(group)
  const max = checkedNumber(limit, 'limit') + 1
  const filter = after ? { $or: behind(members, after) } : members
  const documents = await collection
    .find<MongoDocument>(filter, {
      sort: { position: 1, _id: 1 },
      limit: max,
      batchSize: max,
      hint: GROUP_INDEX,
      maxTimeMS: MAX_TIME_MS,
    })
    .toArray()
    .catch((error) => Promise.reject(readError(error)))
  return { records: documents.slice(0, limit).map(recordOf), more: documents.length > limit }
}

/** The number of members at a position greater than `after`. */
export async function countGroup(collection: MongoCollection, group: GroupRef, after: number): Promise<number> {
  return collection
    .countDocuments(
      { ...membersOf(group), position: { $gt: checkedNumber(after, 'after') } },
      { hint: GROUP_INDEX, maxTimeMS: MAX_TIME_MS },
    )
    .catch((error) => Promise.reject(readError(error)))
}

function behind(members: ReturnType<typeof membersOf>, { position, id }: Position) {
  if (typeof id !== 'string') throw new TypeError(`after.id: expected a string, received ${describeValue(id)}`)
  const place = checkedNumber(position, 'after.position')
  const _id = `${members.partition.$eq}:${members.kind.$eq}:${id}`
  return [
    { ...members, position: { $gt: place } },
    { ...members, position: { $eq: place }, _id: { $gt: _id } },
  ]
}

function membersOf({ partition, kind, group }: GroupRef) {
  return {
    partition: { $eq: checkedName(partition, 'partition') },
    kind: { $eq: checkedName(kind, 'kind') },
    groups: { $eq: checkedName(group, 'group') },
  }
}
