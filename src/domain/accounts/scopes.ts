import { hasRegisteredItself, type LiveApp } from '../../records/app.ts'
import { hasHiddenCharacter } from '../input/hidden-character.ts'
import { isScopeToken, MAX_SCOPE } from '../input/scope-token.ts'
import { withoutWordJoiners } from '../input/word-joiners.ts'

const MAX_SCOPES = 1000
const MAX_DESCRIPTION = 200

/** A scope of the catalogue, and what it means to people. */
export interface ScopeDescription {
  readonly name: string
  readonly description: string
}

/** The host's scope catalogue, and what accounts and apps have of it (ACC-8). */
export interface Scopes {
  /** Every scope, in the order of the option. */
  readonly catalogue: readonly ScopeDescription[]
  has(scope: string): boolean
  /** What the app registered, without what is no longer in the catalogue. */
  held(app: LiveApp): ReadonlySet<string>
  /** The scopes with their descriptions, without those that are not in the catalogue. */
  describe(scope: readonly string[]): readonly ScopeDescription[]
}

/** @param ceiling - what apps may have that have registered themselves. Default is nothing. */
export function createScopes(descriptions: ReadonlyMap<string, string>, ceiling: readonly string[] = []): Scopes {
  // Many verifications share one app object, so the set of its scopes is made once.
  const sets = new WeakMap<LiveApp, ReadonlySet<string>>()
  const describe = (scope: Iterable<string>): readonly ScopeDescription[] =>
    Array.from(scope).flatMap((name) => {
      const description = descriptions.get(name)
      return description === undefined ? [] : [Object.freeze({ name, description })]
    })

  return {
    catalogue: Object.freeze(describe(descriptions.keys())),
    has: (scope) => descriptions.has(scope),
    held(app) {
      let held = sets.get(app)
      if (!held) {
        const may = (scope: string) => descriptions.has(scope) && (!hasRegisteredItself(app) || ceiling.includes(scope))
        held = new Set(app.fields.scopes.filter(may))
        sets.set(app, held)
      }
      return held
    },
    describe,
  }
}

/**
 * Reads the option `scopes`.
 *
 * @param wrong - creates the error for an invalid one.
 * @returns descriptions by name.
 */
export function readScopes(
  given: Readonly<Record<string, string>> = {},
  wrong: (name: string, expected: string, received: unknown) => Error,
): ReadonlyMap<string, string> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw wrong('scopes', 'an object of descriptions by the names of scopes', given)
  const scopes = Object.entries(given)
  if (scopes.length > MAX_SCOPES) throw wrong('scopes', `at most ${MAX_SCOPES} scopes`, scopes.length)
  for (const [name, description] of scopes) {
    if (!isScopeToken(name))
      throw wrong(
        'scopes',
        `names of 1–${MAX_SCOPE} printable ASCII characters without space, double quote or backslash`,
        name,
      )
    const isText = typeof description === 'string' && description.trim() !== ''
    if (!isText || description.length > MAX_DESCRIPTION || hasHiddenCharacter(withoutWordJoiners(description)))
      throw wrong(
        `scopes[${JSON.stringify(name)}]`,
        `a description of 1–${MAX_DESCRIPTION} visible characters`,
        description,
      )
  }
  return new Map(scopes)
}
