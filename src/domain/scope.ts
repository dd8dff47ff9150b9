import { AppGrantError } from '../base/errors.ts'
import type { LiveApp } from '../records/app.ts'

const MAX_SCOPES = 100

/**
 * The scope that is asked for: what the app registered where nothing is said, never more than that (TOK-7).
 *
 * @throws `invalid_scope`
 */
export function scopeInput(asked: unknown, app: LiveApp): readonly string[] {
  const registered = app.fields.scopes
  if (asked === undefined) return registered
  const isList = Array.isArray(asked) && asked.length <= MAX_SCOPES && asked.every((one) => typeof one === 'string')
  if (!isList || !asked.every((one) => registered.includes(one))) {
    throw new AppGrantError(
      'invalid_scope',
      {},
      {
        message: 'scope: expected a list of scopes that the app registered',
        hint: "Ask for some of the app's registered scopes, or for none, which means all; or register the scope by apps.update.",
      },
    )
  }
  return [...new Set<string>(asked)]
}
