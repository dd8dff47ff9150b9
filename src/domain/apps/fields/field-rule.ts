import type { FieldErrorCode } from '../../../base/field-errors.ts'

/** Why a rule rejected a value. `received` is set if something other than the value itself is to be shown. */
export interface Refusal {
  readonly ok: false
  readonly code: FieldErrorCode
  readonly expected: string
  readonly received?: string
}

/** The value to store, or why it was rejected. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | Refusal

/** The rule for one text field. */
export interface FieldRule<T> {
  /** Maximum number of UTF-16 units. Longer text is rejected as `too_long` before `check` sees it. */
  readonly maxUnits: number
  /** The length rule in words. */
  readonly lengthRule: string
  /** Checks a string of at most `maxUnits`. Never throws. */
  check(text: string): Outcome<T>
}

export function accept<T>(value: T): Outcome<T> {
  return { ok: true, value }
}

export function refuse(code: FieldErrorCode, expected: string, received?: string): Refusal {
  return { ok: false, code, expected, ...(received !== undefined && { received }) }
}
