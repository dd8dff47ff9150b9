import { LIMITS, type Limits } from '../../src/limits.ts'

/** For tests that do more in a second than any honest caller. */
export const NO_LIMITS = Object.fromEntries(Object.entries(LIMITS).map(([name, [, , max]]) => [name, max])) as {
  readonly [Name in keyof Limits]: number
}
