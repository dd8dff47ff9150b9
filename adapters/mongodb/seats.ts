import { notApplied, type StoreRecord } from '../../src/store.ts'
import { checkedName, documentOf, type MongoDocument } from './document.ts'
import { GROUP_INDEX, SEAT_INDEX } from './indexes.ts'
import { MAX_TIME_MS, type MongoCollection } from './mongo-collection.ts'
import { readError, refusingIndex, writeError } from './mongo-errors.ts'

// A round fails only if another writer took the seat.
const MAX_ROUNDS = 100

/**
 * Inserts a record into a group of at most `max` members. Every member that was inserted under a limit holds a seat: a
 * number under a unique index, so that the server rejects the second of two concurrent writers. No writer takes a seat
 * at or above the m of {@link freeSeats}. So the seats below m and the other members together stay within `max`, even
 * if the limit was once higher.
 */
export async function insertSeated(
  collection: MongoCollection,
  record: StoreRecord,
  limit: { readonly group: string; readonly max: number },
): Promise<'inserted' | 'exists' | 'full'> {
  const document = documentOf(record)
  const { _id, partition } = document
  const limited = checkedName(limit.group, 'limit.group')

  for (let round = 0; round < MAX_ROUNDS; round++) {
    const free = await readFreeSeats(collection, { ...document, limited }, limit.max).catch((error) =>
      Promise.reject(notApplied(readError(error))),
    )
    if (free.length === 0) {
      const options = { hint: '_id_', projection: { _id: 1 }, maxTimeMS: MAX_TIME_MS }
      const same = await collection.find({ _id, partition }, options).toArray()
      return same.length > 0 ? 'exists' : 'full'
    }
    const seat = free[Math.floor(Math.random() * free.length)]
    try {
      await collection.insertOne({ ...document, limited, seat }, { maxTimeMS: MAX_TIME_MS })
      return 'inserted'
    } catch (error) {
      const index = refusingIndex(error)
      if (index === '_id_') return 'exists'
      if (index !== SEAT_INDEX) throw writeError(error)
    }
  }
  throw notApplied(new Error(`other writers took ${MAX_ROUNDS} seats in a row`))
}

async function readFreeSeats(
  collection: MongoCollection,
  { partition, kind, limited }: Pick<MongoDocument, 'partition' | 'kind'> & { limited: string },
  max: number,
): Promise<number[]> {
  const [seated, unseated] = await Promise.all([
    collection
      .find<{ seat: number }>(
        { partition, kind, limited, seat: { $gte: 0 } },
        { hint: SEAT_INDEX, projection: { _id: 0, seat: 1 }, batchSize: max + 1, maxTimeMS: MAX_TIME_MS },
      )
      .toArray(),
    // Members that entered the group in another way count too.
    collection.countDocuments(
      { partition, kind, groups: limited, limited: { $ne: limited } },
      { hint: GROUP_INDEX, maxTimeMS: MAX_TIME_MS },
    ),
  ])
  const seats = seated.map((member) => member.seat)
  return freeSeats(seats, max - unseated)
}

/** The free seats below m: the largest m for which m plus the number of seats taken at or above it is at most `max`. */
export function freeSeats(taken: readonly number[], max: number): number[] {
  const descending = [...taken].sort((a, b) => b - a)
  let m = max
  let above = 0
  for (; m >= 0; m--) {
    while ((descending[above] ?? -1) >= m) above++
    if (m + above <= max) break
  }
  const occupied = new Set(taken)
  return Array.from({ length: Math.max(m, 0) }, (_, seat) => seat).filter((seat) => !occupied.has(seat))
}
