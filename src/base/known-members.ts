import { invalidOption } from './errors.ts'

/** The names that the members of an object may have. */
export interface KnownMembers {
  readonly names: ReadonlySet<string>
  /** What to use instead of a name that is not one of them, if spelling does not show it. */
  readonly instead: ReadonlyMap<string, string>
}

/** A member with a name that is not known. */
export interface UnknownMember {
  /** The name as it may be shown. */
  readonly name: string
  /** The name that was probably meant, or else all names. */
  readonly expected: string
}

type MemberOf<T> = T extends unknown ? keyof T : never

const NONE: readonly UnknownMember[] = []
const MAX_SHOWN = 64
const MAX_REPORTED = 20
/** How much of two names may differ if one was probably meant to be the other. */
const MAX_DIFFERENCE = 0.4

/**
 * @param names - every member of `T`, so that a new one cannot be forgotten.
 * @param instead - names that callers may expect, with what to use instead of them.
 */
export function knownMembers<T>(
  names: Readonly<Record<MemberOf<T>, true>>,
  instead: Readonly<Record<string, string>> = {},
): KnownMembers {
  return { names: new Set(Object.keys(names)), instead: new Map(Object.entries(instead)) }
}

/** The members of an object that are not known, at most 20 of them (ERR-6). Only own enumerable properties count. */
export function unknownMembers(given: object, known: KnownMembers): readonly UnknownMember[] {
  const names = namesIn(given)
  if (names.every((name) => known.names.has(name))) return NONE
  return names
    .filter((name) => !known.names.has(name))
    .slice(0, MAX_REPORTED)
    .map((name) => ({ name: shownName(name), expected: expectedFor(name.slice(0, MAX_SHOWN), known) }))
}

/**
 * Checks the options of a function of this package. A misspelt option would otherwise be without effect.
 *
 * @param option - the option that is the object. Default is all options.
 * @throws TypeError that names the unknown option and the one that was probably meant.
 */
export function assertOptions(call: string, given: unknown, known: KnownMembers, option?: string): void {
  if (typeof given !== 'object' || given === null || isContainer(given)) {
    const expected = `a plain object of ${[...known.names].join(', ')}`
    // It may be a secret in the wrong place.
    throw invalidOption(call, option ?? 'options', expected, given, { isSecret: true })
  }
  const [unknown] = unknownMembers(given, known)
  if (!unknown) return
  const name = option === undefined ? unknown.name : `${option}.${unknown.name}`
  throw new TypeError(`${call}: ${name}: unknown option, expected ${unknown.expected}`)
}

/**
 * Refuses what a function of the host returned if a member of it is probably a misspelt one that is not there. Other members are
 * left alone: it may be a record of the host.
 *
 * @param call - what returned it.
 * @throws TypeError that names the member and the one that was probably meant.
 */
export function assertNotMisspelt(call: string, returned: object, names: readonly string[]): void {
  for (const name of Object.keys(returned)) {
    const meant = names.includes(name) ? undefined : nearestName(name, names)
    if (meant === undefined || meant in returned) continue
    throw new TypeError(`${call}: ${shownName(name)}: unknown member, expected ${meant}, or ${meant} beside it`)
  }
}

/** A promise, a list or a Map: it has no members of its own, so all that it was meant to require would count as absent. */
export function isContainer(given: object): boolean {
  return 'then' in given || Symbol.iterator in given
}

/** What an app submits may be a proxy that throws. Its members cannot be read either, which is reported when they are. */
function namesIn(given: object): readonly string[] {
  try {
    return Object.keys(given)
  } catch {
    return []
  }
}

function expectedFor(name: string, { names, instead }: KnownMembers): string {
  const known = [...names]
  const advice = instead.get(name) ?? nearestName(name, known)
  if (advice !== undefined) return advice
  return known.length === 0 ? 'no members' : `one of ${known.join(', ')}`
}

/** The name that was probably meant; undefined if none is near. */
export function nearestName(name: string, names: readonly string[]): string | undefined {
  const distances = names.map((one) => difference(plain(name), plain(one)))
  const least = Math.min(...distances)
  return least <= MAX_DIFFERENCE ? names[distances.indexOf(least)] : undefined
}

/** Case and separators are ignored, so that `redirect_url` is `redirectUrl`. */
function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[_-]/g, '')
}

/** The edit distance of two names, as a part of the longer one. */
function difference(a: string, b: string): number {
  const longest = Math.max(a.length, b.length, 1)
  if (Math.abs(a.length - b.length) / longest > MAX_DIFFERENCE) return 1
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] as number) + Number(a[i - 1] !== b[j - 1])
      next.push(Math.min(replaced, (row[j] as number) + 1, (next[j - 1] as number) + 1))
    }
    row = next
  }
  return (row[b.length] as number) / longest
}

/** A name comes from the caller: it is shortened, and contains nothing that a log or a terminal would interpret. */
export function shownName(name: string): string {
  const text = name.slice(0, MAX_SHOWN).replaceAll(/[^\x21-\x7e]/g, '?')
  return name.length > MAX_SHOWN ? `${text}…` : text || "''"
}
