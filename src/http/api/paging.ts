import { invalidRequest } from '../wire/http-error.ts'

/** The most items of a page over HTTP. The host's own code may ask for 1000. */
export const MAX_PAGE = 100

/** The requested page of a list. */
export function pageOf({ cursor, limit }: Readonly<Record<string, string>>): {
  readonly cursor: string | undefined
  readonly limit: number | undefined
} {
  return { cursor, limit: limit === undefined ? undefined : limitOf(limit) }
}

function limitOf(text: string): number {
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > MAX_PAGE) throw invalidRequest(`limit must be an integer from 1 to ${MAX_PAGE}`)
  return limit
}
