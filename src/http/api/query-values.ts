import { invalidRequest } from '../wire/http-error.ts'
import type { ApiCall, QueryName } from './api-route.ts'

/** `true` or `false` in the URL. Undefined if it is absent. */
export function flagIn(query: ApiCall['query'], name: QueryName): boolean | undefined {
  const text = query[name]
  if (text !== undefined && text !== 'true' && text !== 'false') throw invalidRequest(`${name} must be true or false`)
  return text === undefined ? undefined : text === 'true'
}

/** An integer from 1 to `most` in the URL, in decimal digits. Undefined if it is absent. */
export function integerIn(query: ApiCall['query'], name: QueryName, most: number): number | undefined {
  const text = query[name]
  if (text === undefined) return undefined
  const value = /^\d+$/.test(text) && text.length <= `${most}`.length ? Number(text) : 0
  if (value < 1 || value > most) throw invalidRequest(`${name} must be an integer from 1 to ${most}`)
  return value
}
