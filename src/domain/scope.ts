import { AppGrantError } from '../base/errors.ts'
import type { LiveApp } from '../records/app.ts'
import { isTextList } from './input.ts'

const MAX_SCOPES = 100
const MAX_SCOPE = 100

/** A list of scopes as it was asked for, without repetitions; undefined where nothing was asked. @throws `invalid_scope` */
export function scopeTokens(asked: unknown): readonly string[] | undefined {
  if (asked === undefined) return undefined
  if (!isTextList(asked, MAX_SCOPES) || asked.some((one) => one.length > MAX_SCOPE))
    throw invalidScope(`expected a list of at most ${MAX_SCOPES} scopes of at most ${MAX_SCOPE} characters`)
  return [...new Set(asked)]
}

/** The scope that is asked for: all the app registered where nothing is said, never more than that (TOK-7). */
export function askedScope(asked: unknown, app: LiveApp): readonly string[] {
  return narrowedScope(scopeTokens(asked), app.fields.scopes, app)
}

/**
 * Part of a scope that was granted before: all of it where nothing is said. What the app has lost since is in none.
 *
 * @throws `invalid_scope` where more is asked.
 */
export function narrowedScope(
  asked: readonly string[] | undefined,
  granted: readonly string[],
  app: LiveApp,
): readonly string[] {
  const available = granted.filter((scope) => app.fields.scopes.includes(scope))
  if (!asked) return available
  if (!asked.every((scope) => available.includes(scope)))
    throw invalidScope('expected no more than was registered and granted')
  return asked
}

function invalidScope(problem: string): AppGrantError {
  return new AppGrantError(
    'invalid_scope',
    {},
    {
      message: `scope: ${problem}`,
      hint: "Ask for some of the app's registered scopes, or for none, which means all; apps.update registers more.",
    },
  )
}
