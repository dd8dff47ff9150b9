import { type ErrorCode, isAppGrantError } from '../../base/errors.ts'
import type { Texts } from '../texts/texts.ts'

export interface RefusalShown {
  readonly sentence: string
  readonly status: number
}

const STATUSES: Partial<Record<ErrorCode, number>> = {
  app_limit_reached: 409,
  not_permitted: 403,
  suspended_above: 409,
  secret_limit_reached: 409,
  conflict: 409,
  limit_reached: 429,
  outcome_unknown: 503,
  store_unavailable: 503,
  directory_unavailable: 503,
}

/**
 * Why the core did not do something, for the page that it was asked for on.
 *
 * @param own - sentences that the page has for some codes.
 * @returns undefined if that page cannot be shown, because of what went wrong.
 */
export function refusalOf(
  error: unknown,
  texts: Texts,
  own: Partial<Record<ErrorCode, string>> = {},
): RefusalShown | undefined {
  if (!isAppGrantError(error)) return undefined
  const status = STATUSES[error.code]
  const sentence = own[error.code] ?? sentenceFor(error, texts)
  return status === undefined || sentence === undefined ? undefined : { sentence, status }
}

/** What is said of an error of one of several operations, or above a form. */
export function sentenceFor(error: unknown, texts: Texts): string | undefined {
  if (isAppGrantError(error, 'app_limit_reached')) return texts.appLimit(error.details.limit)
  if (!isAppGrantError(error)) return undefined
  const sentences: Partial<Record<ErrorCode, string>> = {
    app_not_found: texts.gone,
    not_permitted: texts.notPermittedHere,
    suspended_above: texts.suspendedAbove,
    secret_limit_reached: texts.secretLimit,
    conflict: texts.conflict,
    limit_reached: texts.tooMany,
    outcome_unknown: texts.notCertain,
    store_unavailable: texts.notSaved,
    directory_unavailable: texts.notSaved,
    clock_unavailable: texts.notSaved,
    clock_skew: texts.notSaved,
  }
  return sentences[error.code]
}
