export { sanitizeError, withSanitizedErrors } from './base/sanitize-error.ts'
export { type BatchReader, batchGets, type ReadResult } from './store/batch-gets.ts'
export { batchPerTick } from './store/batch-per-tick.ts'
export {
  type GroupRef,
  type InsertOptions,
  type InsertResult,
  isNotApplied,
  notApplied,
  type PageRequest,
  type Position,
  type RecordPage,
  type RecordRef,
  SLACK_MS,
  type Store,
  type StoreRecord,
} from './store/store.ts'
export { createWatchers, type Watchers } from './store/watchers.ts'
