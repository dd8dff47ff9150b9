import type { RecordRef } from '../../src/store/store.ts'
import { refOf } from './document.ts'
import type { ChangeStream, MongoCollection } from './mongo-collection.ts'

const REOPEN_AFTER_MS = 1000

type Change = { readonly documentKey: { readonly _id: string } }

/** Reports the records replaced from `since` on until it is stopped. Opens a new stream if one has ended. */
export function followChanges(
  collection: MongoCollection,
  since: unknown,
  changed: (ref: RecordRef) => void,
): () => Promise<void> {
  let stopped = false
  let reopening: NodeJS.Timeout | undefined
  let stream: ChangeStream<Change>

  const follow = async (start: object) => {
    stream = collection.watch<Change>([{ $match: { operationType: { $in: ['update', 'replace'] } } }], {
      ...start,
      // Change streams support no other read concern.
      readConcern: { level: 'majority' },
    })
    try {
      while (!stopped) changed(refOf((await stream.next()).documentKey._id))
    } catch {
      // Hints may be lost: the error is not reported, and the next stream starts at the current time.
      await stream.close().catch(() => {})
      if (!stopped) reopening = setTimeout(follow, REOPEN_AFTER_MS, {}).unref()
    }
  }
  void follow({ startAtOperationTime: since })
  return async () => {
    stopped = true
    clearTimeout(reopening)
    await stream.close()
  }
}
