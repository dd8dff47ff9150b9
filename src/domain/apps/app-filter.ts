import type { LiveApp } from '../../records/app.ts'
import { flagInput, idInput, invalidRequest, searchInput } from '../input/input.ts'
import { daysUnused } from './app.ts'
import type { AppQuery } from './app-registry.ts'

/** Which apps are listed. */
export interface AppFilter {
  readonly isSearch: boolean
  /** Distinguishes the lists of different filters. */
  readonly identity: readonly string[]
  matches(app: LiveApp): boolean
}

/** The most of `unusedDays`. */
export const MAX_UNUSED_DAYS = 3650

/** @param now - in ms since 1970. */
export function appFilter(query: AppQuery, now: number): AppFilter {
  const name = searchInput(query.name)
  const suspended = optional(query.suspended, (value) => flagInput(value, 'suspended'))
  const trusted = optional(query.trusted, (value) => flagInput(value, 'trusted'))
  const apiType = optional(query.apiType, (value) => idInput(value, 'apiType'))
  const unusedDays = optional(query.unusedDays, daysInput)
  const given = [suspended, trusted, apiType, unusedDays]
  return {
    isSearch: name !== '' || given.some((one) => one !== undefined),
    identity: [name, ...given.map((one) => JSON.stringify(one ?? null))],
    matches: (app) =>
      app.fields.foldedName.includes(name) &&
      (suspended ?? app.suspended !== undefined) === (app.suspended !== undefined) &&
      (trusted ?? app.trusted) === app.trusted &&
      (apiType ?? app.fields.apiType) === app.fields.apiType &&
      daysUnused(app, now) >= (unusedDays ?? -Infinity),
  }
}

function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined ? undefined : read(value)
}

function daysInput(value: unknown): number {
  if (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= MAX_UNUSED_DAYS) return value as number
  throw invalidRequest('unusedDays', `an integer from 1 to ${MAX_UNUSED_DAYS}`, value)
}
