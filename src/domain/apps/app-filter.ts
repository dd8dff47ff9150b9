import type { LiveApp } from '../../records/app.ts'
import { flagInput, idInput, searchInput } from '../input/input.ts'
import type { AppQuery } from './app-registry.ts'

/** Which apps are listed. */
export interface AppFilter {
  readonly isSearch: boolean
  /** Distinguishes the lists of different filters. */
  readonly identity: readonly string[]
  matches(app: LiveApp): boolean
}

export function appFilter(query: AppQuery): AppFilter {
  const name = searchInput(query.name)
  const suspended = optional(query.suspended, (value) => flagInput(value, 'suspended'))
  const trusted = optional(query.trusted, (value) => flagInput(value, 'trusted'))
  const apiType = optional(query.apiType, (value) => idInput(value, 'apiType'))
  const given = [suspended, trusted, apiType]
  return {
    isSearch: name !== '' || given.some((one) => one !== undefined),
    identity: [name, ...given.map((one) => JSON.stringify(one ?? null))],
    matches: (app) =>
      app.fields.foldedName.includes(name) &&
      (suspended ?? app.suspended !== undefined) === (app.suspended !== undefined) &&
      (trusted ?? app.trusted) === app.trusted &&
      (apiType ?? app.fields.apiType) === app.fields.apiType,
  }
}

function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined ? undefined : read(value)
}
