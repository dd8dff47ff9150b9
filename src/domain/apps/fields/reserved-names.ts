import { foldName } from '../../input/fold-name.ts'
import { nameRule } from './plain-text.ts'

/** What is expected instead of a reserved name. */
export const RESERVED_NAME = 'a name that this platform has not reserved'

const MAX_NAMES = 1000
const EXPECTED = `an array of at most ${MAX_NAMES} names of apps, each of them once, whatever its case and spaces`

/** Whether a name is one that only the host may give an app. */
export type IsReservedName = (name: string) => boolean

/** Reads the option `reservedNames`. Names are compared in the form in which they are searched. */
export function readReservedNames(
  given: readonly string[] = [],
  invalid: (name: string, expected: string, received: unknown) => TypeError,
): IsReservedName {
  if (!Array.isArray(given) || given.length > MAX_NAMES) throw invalid('reservedNames', EXPECTED, given)
  const reserved = new Set<string>()
  for (const name of given) {
    const folded = foldedName(name)
    if (folded === undefined || reserved.has(folded)) throw invalid('reservedNames', EXPECTED, name)
    reserved.add(folded)
  }
  return (name) => reserved.has(foldName(name))
}

/** Undefined if no app can have the name. */
function foldedName(name: unknown): string | undefined {
  if (typeof name !== 'string' || name.length > nameRule.maxUnits) return undefined
  const outcome = nameRule.check(name)
  return outcome.ok ? foldName(outcome.value) : undefined
}
