import type { RecordRef } from '../../src/store.ts'
import { refOf } from './document.ts'
import type { ChangeStream, MongoCollection } from './mongo-collection.ts'

const REOPEN_AFTER_MS = 1000
// To end a stream the driver asks the server, and waits half a minute for one that hangs.
const MOST_CLOSING_MS = 300

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
      for (;;) {
        const { documentKey } = await stream.next()
        if (stopped) return
        changed(refOf(documentKey._id))
      }
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
    await settledWithin(MOST_CLOSING_MS, stream.close())
  }
}

/** Resolves when the call has settled or the time is up. The call continues; its error is of no interest. */
async function settledWithin(ms: number, call: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const enough = new Promise((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([call.catch(() => {}), enough])
  clearTimeout(timer)
}
