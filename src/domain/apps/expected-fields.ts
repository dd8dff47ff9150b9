import { AppGrantError } from '../../base/errors.ts'
import type { CheckedFields, LiveApp } from '../../records/app.ts'
import { invalidRequest, isTextList } from '../input/input.ts'
import { type AppUpdate, type ExpectedFields, FIELD_NAMES, type FieldName, MAX_SCOPES } from './app-fields.ts'
import { readOwn } from './fields/submission.ts'

type Value = CheckedFields[FieldName]

/** What some fields of an app are expected to be. Their names have been checked. */
export type ExpectedValues = ReadonlyMap<FieldName, Value>

/** Reads `expected` of an update once: a named field that is undefined or empty is expected to be absent. */
export function expectedInput(expected: ExpectedFields): ExpectedValues {
  const given = FIELD_NAMES.filter((name) => Object.hasOwn(expected, name))
  return new Map(given.map((name) => [name, valueInput(name, readOwn(expected, name))]))
}

function valueInput(name: FieldName, value: unknown): Value {
  if (value === undefined || typeof value === 'string') return value
  // A flag is stored only if it is set.
  if (typeof value === 'boolean') return value || undefined
  if (isTextList(value, MAX_SCOPES)) return [...value]
  throw invalidRequest(`expected.${name}`, 'the value of the field as it was read', value)
}

/**
 * @param next - the fields after the change. One that the change names may have its new value already: then the update is a repeat.
 * @throws {@link AppGrantError} `conflict` if any other field is not as expected.
 */
export function assertExpected(
  expected: ExpectedValues,
  { app, change, next }: { readonly app: LiveApp; readonly change: AppUpdate; readonly next: CheckedFields },
): void {
  const isDone = (name: FieldName) => readOwn(change, name) !== undefined && isSame(app.fields[name], next[name])
  const changed = [...expected].flatMap(([name, value]) =>
    isSame(app.fields[name], value) || isDone(name) ? [] : [name],
  )
  if (changed.length === 0) return
  throw new AppGrantError('conflict', {
    message: `the app has changed: ${changed.join(', ')}`,
    hint: 'These fields are not as expected, so nothing was written. Read the app again, and decide anew.',
    details: { changed },
  })
}

function isSame(one: Value, other: Value): boolean {
  return isAbsent(one) ? isAbsent(other) : JSON.stringify(one) === JSON.stringify(other)
}

function isAbsent(value: Value): boolean {
  return value === undefined || (value !== true && value.length === 0)
}
