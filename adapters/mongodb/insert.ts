import { perTurn } from '../../src/store/per-turn.ts'
import { notApplied, type StoreRecord } from '../../src/store/store.ts'
import { documentOf, type MongoDocument } from './document.ts'
import { MAX_TIME_MS, type MongoCollection } from './mongo-collection.ts'
import { refusingIndex, writeError } from './mongo-errors.ts'

const MOST_TOGETHER = 1000

type Outcome = 'inserted' | 'exists' | { readonly failed: unknown }

/** Inserts records; those of one turn of the event loop travel as one command, and each caller gets the answer of its own. */
export function insertTogether(collection: MongoCollection): (record: StoreRecord) => Promise<'inserted' | 'exists'> {
  const insert = perTurn<MongoDocument, Outcome>(async (documents) => {
    const refused = await collection
      .insertMany(documents, { ordered: false, maxTimeMS: MAX_TIME_MS })
      .then(() => new Map<number, Outcome>(), refusals)
    return documents.map((_, index) => refused.get(index) ?? 'inserted')
  }, MOST_TOGETHER)

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

/** What became of the documents that the server named; throws where the error is one of the whole command. */
function refusals(error: { readonly writeErrors?: WriteError | readonly WriteError[] }): Map<number, Outcome> {
  // Where the majority did not confirm, the driver's error names no document, and nothing is known of any.
  const named = [error.writeErrors ?? []].flat()
  if (named.length === 0) throw writeError(error)
  return new Map(
    named.map((one) => [
      one.index,
      refusingIndex(one) === '_id_' ? 'exists' : { failed: notApplied(new Error(one.errmsg, { cause: error })) },
    ]),
  )
}
