import { unknownMembers } from '../../base/known-members.ts'
import type { AppLifetimes, LiveApp } from '../../records/app.ts'
import { NEVER } from '../../records/never.ts'

/** How long codes, tokens and sessions are valid, in whole seconds. */
export interface Lifetimes {
  /** An access token, 1–86 400, at most `refreshIdleSeconds`. Default is 3600, one hour. */
  readonly accessTokenSeconds: number
  /**
   * An authorization code, 1–600. Default is 60.
   *
   * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.2)
   */
  readonly codeSeconds: number
  /** An unused refresh token, 1–31 536 000, at most `refreshAbsoluteSeconds`. Default is 1 209 600, 14 days. */
  readonly refreshIdleSeconds: number
  /**
   * Everything issued under one authorization, 1–31 536 000, counted from its approval. Refreshing does not extend it. Default is
   * 7 776 000, 90 days.
   *
   * With `'never'` a session ends only if its refresh token is not used for `refreshIdleSeconds`, and an install stays until it is
   * withdrawn or its app is removed.
   */
  readonly refreshAbsoluteSeconds: number | 'never'
  /**
   * How long the previous refresh token may be used again, 0–60. The same request gets the same response; with another scope or
   * resource it gets an access token of its own. It should be longer than a failover of the store, which clients retry through: up
   * to 16 s with Redis and Sentinel, 13 s with MongoDB. Default is 30. With 0 every retry counts as reuse and ends the session.
   */
  readonly refreshGraceSeconds: number
}

const DAY = 86_400
/** The longest lifetime that is not `'never'`. */
const LONGEST_SECONDS = 365 * DAY
/** The same in ms. An unused credential has expired by then, so nothing depends on what was removed longer ago. */
export const LONGEST_MS = 1000 * LONGEST_SECONDS

/** The longest lifetime of an access token, in ms. */
export const LONGEST_ACCESS_TOKEN_MS = 1000 * DAY

export const DEFAULT_LIFETIMES: Lifetimes = {
  accessTokenSeconds: 3600,
  codeSeconds: 60,
  refreshIdleSeconds: 14 * DAY,
  refreshAbsoluteSeconds: 90 * DAY,
  refreshGraceSeconds: 30,
}

const RANGES: Readonly<Record<keyof Lifetimes, readonly [number, number]>> = {
  accessTokenSeconds: [1, DAY],
  codeSeconds: [1, 600],
  refreshIdleSeconds: [1, LONGEST_SECONDS],
  refreshAbsoluteSeconds: [1, LONGEST_SECONDS],
  refreshGraceSeconds: [0, 60],
}
const LIFETIME_NAMES = Object.keys(RANGES) as readonly (keyof Lifetimes)[]
/** Those that can be set for one app. */
export const APP_LIFETIME_NAMES = [
  'accessTokenSeconds',
  'refreshIdleSeconds',
  'refreshAbsoluteSeconds',
] as const satisfies readonly (keyof AppLifetimes)[]

/** Creates the error for an invalid value. */
type Invalid = (name: string, expected: string, received: unknown) => Error

/**
 * Checks the lifetimes that are given in place of those in `base`.
 *
 * @param options - `names`: those that may be given. Default is all.
 * @returns the given ones.
 */
export function readLifetimes(
  given: unknown,
  {
    base,
    invalid,
    unknown,
    names = LIFETIME_NAMES,
  }: {
    base: Lifetimes
    invalid: Invalid
    /** Creates the error for a name that is none of them. */
    unknown: (name: string, expected: string) => Error
    names?: readonly (keyof Lifetimes)[]
  },
): Partial<Lifetimes> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw invalid('lifetimes', 'an object', given)
  const [misspelt] = unknownMembers(given, { names: new Set(names), instead: new Map() })
  if (misspelt) throw unknown(`lifetimes.${misspelt.name}`, misspelt.expected)
  const entries = names.flatMap((name) => {
    const value = (given as Readonly<Record<string, unknown>>)[name]
    return value === undefined ? [] : [[name, lifetime(name, value, invalid)]]
  })
  const own: Partial<Lifetimes> = Object.fromEntries(entries)
  const { accessTokenSeconds: access, refreshIdleSeconds: idle, refreshAbsoluteSeconds: absolute } = { ...base, ...own }
  if (access > idle || (absolute !== 'never' && idle > absolute)) {
    const order = 'accessTokenSeconds ≤ refreshIdleSeconds ≤ refreshAbsoluteSeconds'
    throw invalid('lifetimes', order, `${access}, ${idle}, ${absolute}`)
  }
  return own
}

function lifetime(name: keyof Lifetimes, value: unknown, invalid: Invalid): number | 'never' {
  const mayBeNever = name === 'refreshAbsoluteSeconds'
  if (mayBeNever && value === 'never') return value
  const [min, max] = RANGES[name]
  if (!Number.isInteger(value) || (value as number) < min || (value as number) > max)
    throw invalid(`lifetimes.${name}`, `an integer from ${min} to ${max}${mayBeNever ? ", or 'never'" : ''}`, value)
  return value as number
}

/** How long an access token of the app is valid, in ms. */
export function accessTokenMs(app: LiveApp, { accessTokenSeconds }: Lifetimes): number {
  return 1000 * (app.lifetimes?.accessTokenSeconds ?? accessTokenSeconds)
}

/** How long an unused refresh token of the app is valid, in ms. */
export function refreshIdleMs(app: LiveApp, { refreshIdleSeconds }: Lifetimes): number {
  return 1000 * (app.lifetimes?.refreshIdleSeconds ?? refreshIdleSeconds)
}

/** Whether the sessions of the app have no absolute end. */
export function endsNever(app: LiveApp, lifetimes: Lifetimes): boolean {
  return absoluteEnd(app, lifetimes, 0) === NEVER
}

/** When a session of the app that is approved `now` ends, however much it is used. */
export function absoluteEnd(app: LiveApp, { refreshAbsoluteSeconds }: Lifetimes, now: number): number {
  const seconds = app.lifetimes?.refreshAbsoluteSeconds ?? refreshAbsoluteSeconds
  return seconds === 'never' ? NEVER : now + 1000 * seconds
}

/** The latest time at which anything of an app that is removed `now` could still have been used. */
export function lastUseOf(app: LiveApp, lifetimes: Lifetimes, now: number): number {
  return Math.min(absoluteEnd(app, lifetimes, now), now + LONGEST_MS)
}
