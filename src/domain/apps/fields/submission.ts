import { isList, UNREADABLE } from '../../../base/describe-value.ts'
import { AppGrantError } from '../../../base/errors.ts'
import type { FieldError, FieldErrorCode } from '../../../base/field-errors.ts'
import { type KnownMembers, unknownMembers } from '../../../base/known-members.ts'
import { shownValue } from '../../input/shown-value.ts'
import type { FieldRule, Refusal } from './field-rule.ts'

const ERRORS_IN_MESSAGE = 5
/** A longer list of known names is in `details` only. */
const MAX_IN_MESSAGE = 60

/** The rule for a list. */
export interface ListRule<T> {
  readonly maxEntries: number
  /** The rule for each entry, which may not be empty or absent. */
  readonly entry: FieldRule<T>
  /** Whether two accepted entries are duplicates. */
  same(a: T, b: T): boolean
}

/** Submitted fields, which are read one by one, and the errors found so far. */
export interface Submission {
  /** The accepted value; `kept` if the field is absent, and an error if there is no `kept` either. */
  required<T>(field: string, rule: FieldRule<T>, kept: T | undefined): T | undefined
  /** The accepted value; `kept` if the field is absent; undefined if it is empty. */
  optional<T>(field: string, rule: FieldRule<T>, kept: T | undefined): T | undefined
  /** The accepted entries; `kept` itself if the field is absent; undefined if any part of it was rejected. */
  list<T>(field: string, rule: ListRule<T>, kept: readonly T[]): readonly T[] | undefined
  /** The accepted boolean; `kept` if the field is absent, which is false by default. */
  flag(field: string, kept?: boolean): boolean
  /** Adds an error that depends on several fields. */
  refuse(field: string, code: FieldErrorCode, expected: string, received: string): void
  /** Whether there are no errors. */
  isClean(): boolean
  error(): AppGrantError<'invalid_fields'>
}

/**
 * Reads submitted fields. Only own properties count, and each is read once. An unknown one is an error. Types and lengths are
 * checked here, before a rule sees the value.
 *
 * @param found - errors that are already known.
 * @throws {@link AppGrantError} `invalid_fields` with the field `app` if `input` is not an object.
 */
export function readSubmission(input: unknown, known: KnownMembers, found: readonly FieldError[] = []): Submission {
  const errors = [...found]
  const add = (field: string, code: FieldErrorCode, expected: string, received: string) => {
    errors.push({ field, code, expected, received })
    return undefined
  }
  const addRefusal = (field: string, refusal: Refusal, value: string) =>
    add(field, refusal.code, refusal.expected, shownValue(refusal.received ?? value))

  if (typeof input !== 'object' || input === null || isList(input)) {
    add('app', 'wrong_type', 'an object of fields', shownValue(input))
    throw invalidFields(errors)
  }
  for (const { name, expected } of unknownMembers(input, known)) add(name, 'unknown_field', expected, name)

  const checkText = <T>(field: string, rule: FieldRule<T>, value: unknown): T | undefined => {
    if (typeof value !== 'string') return add(field, 'wrong_type', 'a string', shownValue(value))
    if (value.length > rule.maxUnits) return add(field, 'too_long', rule.lengthRule, `${value.length} characters`)
    const outcome = rule.check(value)
    return outcome.ok ? outcome.value : addRefusal(field, outcome, value)
  }

  const checkEntries = <T>(field: string, rule: ListRule<T>, value: readonly unknown[], length: number) => {
    const errorsBefore = errors.length
    const accepted: T[] = []
    for (let index = 0; index < length; index += 1) {
      const name = `${field}[${index}]`
      const given = readOwn(value, index)
      const entry = checkText(name, rule.entry, given)
      if (entry === undefined) continue
      if (accepted.some((earlier) => rule.same(earlier, entry)))
        add(name, 'duplicate', 'each entry only once', shownValue(given))
      else accepted.push(entry)
    }
    return errors.length === errorsBefore ? accepted : undefined
  }

  return {
    required(field, rule, kept) {
      const value = readOwn(input, field)
      if (value === undefined && kept !== undefined) return kept
      if (value === undefined || value === '') return add(field, 'required', 'a value', shownValue(value))
      return checkText(field, rule, value)
    },
    optional(field, rule, kept) {
      const value = readOwn(input, field)
      if (value === undefined) return kept
      return value === '' ? undefined : checkText(field, rule, value) || undefined
    },
    list(field, rule, kept) {
      const value = readOwn(input, field)
      if (value === undefined) return kept
      const length = isList(value) ? readOwn(value, 'length') : undefined
      if (!isList(value) || typeof length !== 'number')
        return add(field, 'wrong_type', 'an array of strings', shownValue(value))
      if (!(length <= rule.maxEntries))
        return add(field, 'too_many', `at most ${rule.maxEntries} entries`, `${length} entries`)
      return checkEntries(field, rule, value, length)
    },
    flag(field, kept = false) {
      const value = readOwn(input, field)
      if (value === undefined || typeof value === 'boolean') return value ?? kept
      add(field, 'wrong_type', 'true or false', shownValue(value))
      return false
    },
    refuse: add,
    isClean: () => errors.length === 0,
    error: () => invalidFields(errors),
  }
}

/**
 * An own property of a submitted value. An accessor or a proxy may throw: the property then counts as one of the wrong type.
 */
export function readOwn(from: object, property: PropertyKey): unknown {
  try {
    return Object.hasOwn(from, property) ? Reflect.get(from, property) : undefined
  } catch {
    return UNREADABLE
  }
}

/** The error that lists all invalid fields. */
export function invalidFields(errors: readonly FieldError[]): AppGrantError<'invalid_fields'> {
  const named = errors.slice(0, ERRORS_IN_MESSAGE).map(inMessage)
  const rest = errors.length - named.length
  return new AppGrantError('invalid_fields', {
    message: `the app has invalid fields: ${named.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`,
    hint: 'details.fields lists what was expected and received for each field.',
    details: { fields: errors },
  })
}

function inMessage({ field, code, expected }: FieldError): string {
  const isShort = code === 'unknown_field' && expected.length <= MAX_IN_MESSAGE
  return isShort ? `${field} (${code}: expected ${expected})` : `${field} (${code})`
}
