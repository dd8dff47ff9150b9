import { unusableStore } from '../../src/base/unusable-store.ts'
import type { MongoCollection } from './mongo-collection.ts'
import { missingIndexes } from './mongo-errors.ts'

/** Serves lists and counts. */
export const GROUP_INDEX = 'appgrant_groups'
/** Enforces the limit of a group: no two records share a seat. */
export const SEAT_INDEX = 'appgrant_seats'
const RECLAIM_INDEX = 'appgrant_reclaim'

const NAMESPACE_NOT_FOUND = 26
// IndexOptionsConflict and IndexKeySpecsConflict.
const CONFLICTS = [85, 86]

const INDEXES = [
  { name: GROUP_INDEX, key: { partition: 1, kind: 1, groups: 1, position: 1, _id: 1 } },
  {
    name: SEAT_INDEX,
    key: { partition: 1, kind: 1, limited: 1, seat: 1 },
    unique: true,
    partialFilterExpression: { seat: { $exists: true } },
  },
  { name: RECLAIM_INDEX, key: { reclaimAt: 1 }, expireAfterSeconds: 0 },
]

// The properties that change what an index does; its version, for example, does not.
const COMPARED = ['key', 'unique', 'partialFilterExpression', 'expireAfterSeconds', 'sparse', 'collation', 'hidden']

/** Creates the missing indexes. Rejects if a different index has the same name or key. */
export async function createIndexes(collection: MongoCollection): Promise<void> {
  const missing = await missingFrom(collection)
  if (missing.length === 0) return
  try {
    await collection.createIndexes(missing)
  } catch (error) {
    if (!CONFLICTS.includes((error as { code?: number }).code ?? 0)) throw error
    // The server's message quotes both indexes, and what it quotes is masked.
    const names = missing.map(({ name }) => name).join(', ')
    throw unusableStore(
      `a different index has the name or the key of one of these: ${names}`,
      'Drop it, and repeat prepare().',
      error,
    )
  }
}

/** Rejects if indexes are missing or differ from what they should be, and names them. */
export async function checkIndexes(collection: MongoCollection): Promise<void> {
  const missing = await missingFrom(collection)
  if (missing.length > 0) throw missingIndexes(missing.map((index) => index.name))
}

async function missingFrom(collection: MongoCollection) {
  const found = await collection.indexes().catch((error: { code?: unknown }) => {
    if (error.code === NAMESPACE_NOT_FOUND) return []
    throw error
  })
  const present = new Set(found.map(meaning))
  return INDEXES.filter((index) => !present.has(meaning(index)))
}

function meaning(index: object): string {
  const fields = new Map(Object.entries(index))
  return JSON.stringify(['name', ...COMPARED].map((field) => fields.get(field) ?? null))
}
