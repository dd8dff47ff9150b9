import { describeValue } from '../../base/describe-value.ts'
import { AppGrantError } from '../../base/errors.ts'
import type { EventSource } from '../../base/events.ts'
import { isContainer, type KnownMembers, unknownMembers } from '../../base/known-members.ts'
import { foldName } from './fold-name.ts'

/** Maximum length of an account id or login. */
const MAX_HOST_TEXT = 256
/** Prefix of the subject of an app-only token. No account id may begin with it, so that none looks like an app. */
export const APP_SUBJECT = 'app:'
const MAX_USER_AGENT = 512
const MAX_SEARCH = 100

/** The error for an invalid parameter. It is created before anything is stored. */
export function invalidRequest(name: string, expected: string, received: unknown): AppGrantError<'invalid_request'> {
  return new AppGrantError('invalid_request', {
    message: `${name}: expected ${expected}, received ${describeValue(received)}`,
    hint: `Pass ${expected} as ${name}. Nothing was stored.`,
  })
}

export function assertObject(value: unknown, name: string): void {
  if (typeof value !== 'object' || value === null) throw invalidRequest(name, 'an object', value)
}

/** An object with known members only: a misspelt one would otherwise count as absent (ERR-6). */
export function objectInput<T extends object>(value: T, name: string, known: KnownMembers): T {
  assertObject(value, name)
  if (isContainer(value)) throw invalidRequest(name, 'a plain object', value)
  const [unknown] = unknownMembers(value, known)
  if (unknown) throw unknownMember(`${name}.${unknown.name}`, unknown.expected)
  return value
}

/** The error for a member that is not known. */
export function unknownMember(name: string, expected: string): AppGrantError<'invalid_request'> {
  const message = `${name}: unknown member, expected ${expected}`
  return new AppGrantError('invalid_request', { message, hint: 'Correct the name. Nothing was stored.' })
}

/** An id chosen by the host: opaque, and never part of a store's key. */
export function accountInput(value: unknown, name = 'account'): string {
  if (!isHostText(value))
    throw invalidRequest(name, `an account id of 1–${MAX_HOST_TEXT} characters without control characters`, value)
  if (value.startsWith(APP_SUBJECT))
    throw invalidRequest(name, `an account id that does not begin with ${APP_SUBJECT}`, value)
  return value
}

/** The real login behind an operation, if the host gives one. */
export function loginInput(value: unknown): { readonly login?: string } {
  if (value === undefined) return {}
  if (!isHostText(value))
    throw invalidRequest('login', `a string of 1–${MAX_HOST_TEXT} characters without control characters`, value)
  return { login: value }
}

/** The account that is signed in and asked, with the login behind it. */
export interface AskedAccount {
  readonly account: string
  readonly login?: string
}

/** Who asks or decides, as the host says. */
export function askedAccountInput({
  account,
  login,
}: {
  readonly account: unknown
  readonly login?: unknown
}): AskedAccount {
  return { account: accountInput(account), ...loginInput(login) }
}

/** A string that is looked up as it is: a malformed id is simply not found. */
export function idInput(value: unknown, name: string): string {
  if (typeof value !== 'string') throw invalidRequest(name, 'a string', value)
  return value
}

/** Whether it is an array of at most `most` strings. `every` skips holes, so the array is copied first. */
export function isTextList(value: unknown, max: number): value is readonly string[] {
  return Array.isArray(value) && value.length <= max && Array.from(value).every((one) => typeof one === 'string')
}

export function flagInput(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw invalidRequest(name, 'true or false', value)
  return value
}

export function limitInput(value: unknown): number {
  if (value === undefined) return 50
  if (!Number.isInteger(value) || (value as number) < 1 || (value as number) > 1000) {
    throw invalidRequest('limit', 'an integer from 1 to 1000', value)
  }
  return value as number
}

/** A cursor. The list itself validates its content. */
export function cursorInput(value: unknown): { readonly cursor?: string } {
  return value === undefined ? {} : { cursor: idInput(value, 'cursor') }
}

/** Part of a name to search for, folded as names are; '' matches all. */
export function searchInput(value: unknown): string {
  if (value === undefined) return ''
  const text = idInput(value, 'name')
  if (text.length > MAX_SEARCH) throw invalidRequest('name', `at most ${MAX_SEARCH} characters`, value)
  return foldName(text)
}

/** The user agent of a request, shortened and without control characters, because it is shown to people (TOK-3). */
export function userAgentInput(value: unknown): { readonly userAgent?: string } {
  if (value === undefined) return {}
  if (typeof value !== 'string') throw invalidRequest('userAgent', 'a string', value)
  const short = value.slice(0, MAX_USER_AGENT)
  // Nearly all are printable ASCII, which needs no change.
  const shown = /^[ -~]*$/.test(short) ? short : short.toWellFormed().replaceAll(/\p{Cc}/gu, '')
  return shown ? { userAgent: shown } : {}
}

/** Where a request came from, as the host knows it. */
export function sourceInput(by: { readonly userAgent?: unknown; readonly remoteAddress?: unknown }): EventSource {
  const userAgent = userAgentInput(by.userAgent)
  return by.remoteAddress === undefined
    ? userAgent
    : { ...userAgent, remoteAddress: idInput(by.remoteAddress, 'remoteAddress') }
}

function isHostText(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= MAX_HOST_TEXT &&
    value.isWellFormed() &&
    !/\p{Cc}/u.test(value)
  )
}
