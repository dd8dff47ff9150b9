import type { RecordRef } from '../../src/store/store.ts'
import { refOf } from './document.ts'
import type { ChangeStream, MongoCollection } from './mongo-collection.ts'

const REOPEN_AFTER_MS = 5000

type Change = { readonly documentKey: { readonly _id: string } }

/** Tells of replaced records from `since` on, until it is stopped. A stream that ended for good is opened anew. */
export function followChanges(
  collection: MongoCollection,
  since: unknown,
  changed: (ref: RecordRef) => void,
): () => Promise<void> {
  let stopped = false
  let reopening: NodeJS.Timeout | undefined
  let stream: ChangeStream<Change>

  const open = (start: object) => {
    stream = collection.watch<Change>([{ $match: { operationType: { $in: ['update', 'replace'] } } }], start)
    void follow(stream)
  }
  const follow = async (from: ChangeStream<Change>) => {
    try {
      while (!stopped) changed(refOf((await from.next()).documentKey._id))
    } catch {
      await from.close()
      if (!stopped) reopening = setTimeout(open, REOPEN_AFTER_MS, {}).unref()
    }
  }
  open({ startAtOperationTime: since })
  return async () => {
    stopped = true
    clearTimeout(reopening)
    await stream.close()
  }
}
