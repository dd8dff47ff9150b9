import { isAppGrantError } from '../base/errors.ts'

/** The message, the hint and the causes of an error. Stores have sanitized theirs. */
export function textsOf(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return ['failed for an unknown reason']
  const hint = isAppGrantError(error) ? error.hint : ''
  const code = isAppGrantError(error) ? `${error.code}: ` : ''
  const causes: string[] = []
  for (let cause = error.cause; cause instanceof Error && causes.length < 4; cause = cause.cause)
    causes.push(`because: ${cause.message}`)
  return [code + error.message, ...(hint ? [hint] : []), ...causes]
}
