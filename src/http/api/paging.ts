import type { ApiCall } from './api-route.ts'
import { integerIn } from './query-values.ts'

/** The most items of a page over HTTP. The host's own code may ask for 1000. */
export const MAX_PAGE = 100

/** The requested page of a list. */
export function pageOf(query: ApiCall['query']): {
  readonly cursor: string | undefined
  readonly limit: number | undefined
} {
  return { cursor: query.cursor, limit: integerIn(query, 'limit', MAX_PAGE) }
}
