import { AppGrantError } from '../../base/errors.ts'
import type { LiveApp } from '../../records/app.ts'
import { isTextList } from '../input/input.ts'

const MAX_SCOPES = 100
const MAX_SCOPE = 100

/** The requested scopes without repetitions; undefined if none were requested. @throws {@link AppGrantError} `invalid_scope` */
export function scopeTokens(requested: unknown): readonly string[] | undefined {
  if (requested === undefined) return undefined
  if (!isTextList(requested, MAX_SCOPES) || requested.some((one) => one.length > MAX_SCOPE))
    throw invalidScope(`expected a list of at most ${MAX_SCOPES} scopes of at most ${MAX_SCOPE} characters`)
  return [...new Set(requested)]
}

/** The scope of a new token: what was requested, or else everything the app registered, and never more than that (TOK-7). */
export function requestedScope(requested: unknown, app: LiveApp): readonly string[] {
  return narrowedScope(scopeTokens(requested), app.fields.scopes, app)
}

/**
 * Narrows a granted scope to what was requested, or keeps all of it. Scopes the app has since lost are never included.
 *
 * @throws {@link AppGrantError} `invalid_scope` if more is requested.
 */
export function narrowedScope(
  requested: readonly string[] | undefined,
  granted: readonly string[],
  app: LiveApp,
): readonly string[] {
  const available = granted.filter((scope) => app.fields.scopes.includes(scope))
  if (!requested) return available
  if (!requested.every((scope) => available.includes(scope)))
    throw invalidScope('expected only scopes that the app registered and was granted')
  // In the order of the grant, so that the same scopes in another order are the same request.
  return available.filter((scope) => requested.includes(scope))
}

function invalidScope(problem: string): AppGrantError {
  return new AppGrantError('invalid_scope', {
    message: `scope: ${problem}`,
    hint: "Request some of the app's registered scopes, or omit scope to request all; apps.update registers more.",
  })
}
