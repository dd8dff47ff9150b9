import { isScopeToken, MAX_SCOPE } from '../../input/scope-token.ts'
import { accept, type FieldRule, refuse } from './field-rule.ts'

/** The scopes that an app may register (ACC-8). */
export interface ScopePolicy {
  /** Whether the scope is in the host's catalogue. */
  has(scope: string): boolean
  /** Whether the owner and every account above it allow it. */
  permits(scope: string): boolean
}

/**
 * The rule for a scope: a scope token of at most 100 characters, in the host's catalogue, and permitted to the owner.
 *
 * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.3)
 */
export function scopeRule(policy: ScopePolicy): FieldRule<string> {
  return {
    maxUnits: MAX_SCOPE,
    lengthRule: `at most ${MAX_SCOPE} characters`,
    check(text) {
      if (!isScopeToken(text)) return refuse('not_a_scope', 'printable ASCII without space, double quote or backslash')
      if (!policy.has(text))
        return refuse('unknown_scope', 'a scope of the catalogue, which is the option scopes of createAppGrant')
      if (!policy.permits(text))
        return refuse(
          'scope_not_permitted',
          'a scope that mayRegisterScopes of the owner and of every account above it allows',
        )
      return accept(text)
    },
  }
}
