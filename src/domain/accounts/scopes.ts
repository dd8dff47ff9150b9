import type { LiveApp } from '../../records/app.ts'

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

export function createScopes(descriptions: ReadonlyMap<string, string>): Scopes {
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
        held = new Set(app.fields.scopes.filter((scope) => descriptions.has(scope)))
        sets.set(app, held)
      }
      return held
    },
    describe,
  }
}
