import { AppGrantError } from '../../base/errors.ts'
import type { LiveApp } from '../../records/app.ts'
import type { Scopes } from '../accounts/scopes.ts'
import { isTextList } from '../input/input.ts'
import { MAX_SCOPE } from '../input/scope-token.ts'

const MAX_SCOPES = 100
const NAMES_IN_MESSAGE = 5

/** The requested scopes without repetitions; undefined if none were requested. @throws {@link AppGrantError} `invalid_scope` */
export function scopeTokens(requested: unknown): readonly string[] | undefined {
  if (requested === undefined) return undefined
  if (!isTextList(requested, MAX_SCOPES) || requested.some((one) => one.length > MAX_SCOPE))
    throw invalidScope(`expected a list of at most ${MAX_SCOPES} scopes of at most ${MAX_SCOPE} characters`)
  return [...new Set(requested)]
}

/** The part of a scope that the app still registers and the catalogue still has (ACC-8, TOK-7). */
export function availableScope(scope: readonly string[], app: LiveApp, scopes: Scopes): readonly string[] {
  if (scope.length === 0) return scope
  const held = scopes.held(app)
  return scope.filter((one) => held.has(one))
}

/**
 * Narrows a granted scope to what was requested, or keeps all of it, and to what is available (TOK-7).
 *
 * @throws {@link AppGrantError} `invalid_scope` if nothing of what was requested is left.
 */
export function narrowedScope(
  requested: readonly string[] | undefined,
  granted: readonly string[],
  { app, scopes }: { readonly app: LiveApp; readonly scopes: Scopes },
): readonly string[] {
  const available = availableScope(granted, app, scopes)
  if (!requested) return available
  // In the order of the grant, so that the same scopes in another order are the same request.
  const narrowed = available.filter((scope) => requested.includes(scope))
  if (narrowed.length === 0 && requested.length > 0)
    throw invalidScope(`none of the requested scopes can be granted: ${named(requested, scopes)}`)
  return narrowed
}

/** Only scopes of the catalogue are named: anything else may be a misplaced secret. */
function named(requested: readonly string[], scopes: Scopes): string {
  const known = requested.filter(scopes.has)
  const shown = known.slice(0, NAMES_IN_MESSAGE)
  const unknown = requested.length - known.length
  if (known.length > shown.length) shown.push(`${known.length - shown.length} more`)
  if (unknown > 0) shown.push(`${unknown} that ${unknown === 1 ? 'does' : 'do'} not exist`)
  return shown.join(', ')
}

function invalidScope(problem: string): AppGrantError {
  return new AppGrantError('invalid_scope', {
    message: `scope: ${problem}`,
    hint: "Request some of the app's registered scopes that were granted, or omit scope to request all; apps.update registers more.",
  })
}
