export { AppGrantError, type ErrorCode, type ErrorDetails, type FieldError, isAppGrantError } from './base/errors.ts'
export {
  type GroupRef,
  type InsertOptions,
  notApplied,
  type PageRequest,
  type Position,
  type RecordPage,
  type RecordRef,
  type Store,
  type StoreRecord,
} from './store/store.ts'
