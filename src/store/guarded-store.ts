import { createDeadline } from '../base/deadline.ts'
import { AppGrantError, isAppGrantError } from '../base/errors.ts'
import type { Load } from '../base/load.ts'
import { sanitizeError } from '../base/sanitize-error.ts'
import { guardedWatch } from './guarded-watch.ts'
import { isNotApplied, type Store } from './store.ts'

/** How the failure of a store is reported. */
export type StoreFailure = 'store_unavailable' | 'outcome_unknown'

/** How a store is guarded. */
export interface GuardOptions {
  /** How long a call may take, in ms. */
  readonly timeoutMs: number
  /** Counts the calls, and refuses one if too many are pending. */
  readonly load: Load
  /** Is called with every failure, before the caller gets the error. The cause is sanitized. */
  readonly failed: (failure: { code: StoreFailure; operation: string; cause: unknown }) => void
}

const HINTS: Record<StoreFailure, string> = {
  store_unavailable:
    'The store did not respond, or rejected the call. Nothing was written. See the cause, and retry when the store is back.',
  outcome_unknown:
    'The store did not confirm the write, which may have happened or may still happen. Repeat the call until it succeeds.',
}

/**
 * Gives every call to a store a deadline and translates its failures: a failed read, or a write that was not applied, is
 * `store_unavailable`, and any other failed write is `outcome_unknown`. Causes are sanitized, whatever the store does (ERR-8).
 * Calls are bounded by the load; watching, closing and asking for the time are not.
 */
export function guardedStore(store: Store, { timeoutMs, load, failed }: GuardOptions): Store {
  const withinDeadline = createDeadline(timeoutMs)
  const countedDeadline = createDeadline(timeoutMs, load.endCall)
  const counted = <Result>(call: () => Promise<Result>, refused: (cause: unknown) => unknown) =>
    load.beginCall() ?? countedDeadline(call, refused)
  // One for each operation, not for each call.
  const refusal = (operation: string, failure: StoreFailure) => (error: unknown) => {
    const code = isNotApplied(error) ? 'store_unavailable' : failure
    const cause = sanitizeError(error)
    failed({ code, operation, cause })
    const message = code === 'outcome_unknown' ? 'the outcome is unknown' : 'the service is temporarily unavailable'
    return new AppGrantError(code, { message, hint: hintFor(code, cause), cause })
  }
  const getRefused = refusal('get', 'store_unavailable')
  const insertRefused = refusal('insert', 'outcome_unknown')
  const replaceRefused = refusal('replace', 'outcome_unknown')
  const listRefused = refusal('list', 'store_unavailable')
  const countRefused = refusal('count', 'store_unavailable')
  const watchRefused = refusal('watch', 'store_unavailable')
  const closeRefused = refusal('close', 'store_unavailable')
  const timeRefused = refusal('time', 'store_unavailable')
  const watch = store.watch?.bind(store)
  const time = store.time?.bind(store)
  return {
    conditionalInserts: store.conditionalInserts === true,
    get: (refs) => counted(() => store.get(refs), getRefused),
    insert: (record, options) => counted(() => store.insert(record, options), insertRefused),
    replace: (from, to) => counted(() => store.replace(from, to), replaceRefused),
    list: (group, page) => counted(() => store.list(group, page), listRefused),
    count: (group, after) => counted(() => store.count(group, after), countRefused),
    ...(time && { time: () => withinDeadline(time, timeRefused) }),
    ...(watch && { watch: guardedWatch(watch, withinDeadline, watchRefused) }),
    close: () => withinDeadline(() => store.close(), closeRefused),
  }
}

/** What the store itself says of the fix comes first. */
function hintFor(code: StoreFailure, cause: Error): string {
  for (let error: unknown = cause; error instanceof Error; error = error.cause)
    if (code === 'store_unavailable' && isAppGrantError(error) && error.hint !== '')
      return `${error.hint} Nothing was written.`
  return HINTS[code]
}
