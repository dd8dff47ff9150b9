import { batchPerTick, notApplied, type StoreRecord } from '../../src/store.ts'
import { documentOf, type MongoDocument } from './document.ts'
import { MAX_TIME_MS, type MongoCollection } from './mongo-collection.ts'
import { refusingIndex, writeError } from './mongo-errors.ts'

const MAX_TOGETHER = 1000

type Outcome = 'inserted' | 'exists' | { readonly failed: unknown }

/** Inserts records. The inserts of one event loop tick are sent as one command; each caller gets its own result. */
export function insertTogether(collection: MongoCollection): (record: StoreRecord) => Promise<'inserted' | 'exists'> {
  const insert = batchPerTick<MongoDocument, Outcome>(async (documents) => {
    const refused = await collection
      .insertMany(documents, { ordered: false, maxTimeMS: MAX_TIME_MS })
      .then(() => new Map<number, Outcome>(), refusals)
    return documents.map((_, index) => refused.get(index) ?? 'inserted')
  }, MAX_TOGETHER)

  return async (record) => {
    const outcome = await insert(documentOf(record))
    if (typeof outcome === 'object') throw outcome.failed
    return outcome
  }
}

interface WriteError {
  readonly index: number
  readonly errmsg?: string
}

/** The outcome of each document that the server rejected. Throws if the whole command failed. */
function refusals(error: { readonly writeErrors?: WriteError | readonly WriteError[] }): Map<number, Outcome> {
  // If the majority did not confirm, the driver's error names no document: the outcome of all of them is unknown.
  const named = [error.writeErrors ?? []].flat()
  if (named.length === 0) throw writeError(error)
  return new Map(
    named.map((one) => [
      one.index,
      refusingIndex(one) === '_id_' ? 'exists' : { failed: notApplied(new Error(one.errmsg, { cause: error })) },
    ]),
  )
}
