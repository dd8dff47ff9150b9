import { AppGrantError } from '../../base/errors.ts'
import { spacedList } from '../input/spaced-list.ts'

const MAX_PARAMETER = 4096
/** Replaces bytes that were not UTF-8: they cannot be returned as they were received. */
const REPLACEMENT = '\u{fffd}'

/** The parameters with which an app sends a user here. Empty ones are absent. */
export type RequestParams<Name extends string> = Readonly<Partial<Record<Name, string>>> & {
  readonly resources?: readonly string[]
}

/**
 * Reads the parameters of these names, and `resource`, which alone may be repeated. Others are ignored.
 *
 * @throws {@link AppGrantError} `invalid_request` if a parameter is repeated or too long: no other can be relied on then.
 */
export function readRequestParams<Name extends string>(input: unknown, names: readonly Name[]): RequestParams<Name> {
  if (!(input instanceof URLSearchParams)) throw invalidRequest('params: expected URLSearchParams')
  const read: Partial<Record<Name, string>> = {}
  for (const name of names) {
    const values = input.getAll(name)
    if (values.length > 1) throw invalidRequest(`${name}: expected at most once, received ${values.length} times`)
    const [value] = values
    if (value !== undefined && value !== '') read[name] = assertLength(name, value)
  }
  const resources = spacedList(assertLength('resource', input.getAll('resource').join(' ')))
  return { ...read, ...(resources && { resources }) }
}

/** Whether decoding has not changed the text. */
export function isAsReceived(text: string): boolean {
  return !text.includes(REPLACEMENT)
}

/** An error of a request that is shown on the host's own page: nothing is redirected to the app. */
export function invalidRequest(message: string): AppGrantError<'invalid_request'> {
  return new AppGrantError('invalid_request', pageTexts(message))
}

/** The texts of an error of a request whose redirect URL is not known to be the app's: it is shown on the host's own page. */
export function pageTexts(message: string): { readonly message: string; readonly hint: string } {
  return { message, hint: "The app's request is invalid: show the error to the user and do not redirect." }
}

function assertLength(name: string, value: string): string {
  if (value.length > MAX_PARAMETER) throw invalidRequest(`${name}: expected at most ${MAX_PARAMETER} characters`)
  return value
}
