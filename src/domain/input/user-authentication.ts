import type { SessionSignIn } from '../../records/session.ts'
import { invalidRequest, isTextList } from './input.ts'
import { isScopeToken } from './scope-token.ts'
import { spacedList } from './spaced-list.ts'

/** How a user signed in at the host, as far as the host says. */
export interface UserAuthentication {
  /** When the user last proved who it is, not when the page was opened. */
  readonly authenticatedAt?: Date | undefined
  /**
   * How: an authentication context class of the host, 1–100 printable characters without spaces, such as `mfa`.
   *
   * @see [OpenID Connect Core](https://openid.net/specs/openid-connect-core-1_0.html#IDToken)
   */
  readonly acr?: string | undefined
}

/** How recently and how a user must have signed in. */
export interface SignInNeeds {
  readonly maxAgeSeconds?: number
  /** One of them is enough, the preferred one first. */
  readonly acrValues?: readonly string[]
}

/** What the parameters of these needs are called on the wire. @see RFC 9470 §3, §4 */
export const SIGN_IN_PARAMETERS = ['max_age', 'acr_values'] as const

const MAX_ACR_VALUES = 20
const MAX_AGE = /^\d{1,9}$/
/** The time from the sign-in to the next request: without it, `max_age=0` could never be met. */
const ARRIVAL_MS = 10_000

/** Reads `max_age` and `acr_values` of an authorization request; undefined if one of them is malformed. */
export function readSignInNeeds(
  params: Partial<Record<(typeof SIGN_IN_PARAMETERS)[number], string>>,
): SignInNeeds | undefined {
  const { max_age: maxAge, acr_values: acr } = params
  const acrValues = spacedList(acr)
  if (maxAge !== undefined && !MAX_AGE.test(maxAge)) return undefined
  if (acrValues && !areAcrValues(acrValues)) return undefined
  return { ...(maxAge !== undefined && { maxAgeSeconds: Number(maxAge) }), ...(acrValues && { acrValues }) }
}

export function areAcrValues(values: unknown): values is readonly string[] {
  return isTextList(values, MAX_ACR_VALUES) && values.every(isScopeToken)
}

const [LEAST_AGE, MOST_AGE] = [60, 31_536_000]
/** What {@link isSignInAge} accepts, in words. */
export const SIGN_IN_AGE = `a whole number of seconds from ${LEAST_AGE} to ${MOST_AGE}`

/** Whether a host may ask for sign-ins that recent: a shorter time is over before an app can use its token. */
export function isSignInAge(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= LEAST_AGE && (value as number) <= MOST_AGE
}

/** Whether a user who has just come from signing in, or has not, meets the needs of an authorization request. */
export function meetsOnArrival(needs: SignInNeeds, user: UserAuthentication, now: number): boolean {
  return meetsNeeds(needs, user, now - ARRIVAL_MS)
}

/** Whether the sign-in is as recent, and of a kind, as it must be. What the host does not say is never assumed. */
export function meetsNeeds({ maxAgeSeconds, acrValues }: SignInNeeds, user: UserAuthentication, now: number): boolean {
  const { authenticatedAt, acr } = user
  const isRecent =
    maxAgeSeconds === undefined ||
    (authenticatedAt !== undefined && now - authenticatedAt.getTime() <= maxAgeSeconds * 1000)
  return isRecent && (acrValues === undefined || (acr !== undefined && acrValues.includes(acr)))
}

/** Checks what the host says of a sign-in. @throws {@link AppGrantError} `invalid_request` */
export function userAuthenticationInput({
  authenticatedAt,
  acr,
}: Readonly<Record<keyof UserAuthentication, unknown>>): UserAuthentication {
  if (authenticatedAt !== undefined && !(authenticatedAt instanceof Date && !Number.isNaN(authenticatedAt.getTime())))
    throw invalidRequest('authenticatedAt', 'a valid Date', authenticatedAt)
  if (acr !== undefined && !(typeof acr === 'string' && isScopeToken(acr)))
    throw invalidRequest('acr', '1–100 printable characters without spaces', acr)
  return { ...(authenticatedAt !== undefined && { authenticatedAt }), ...(acr !== undefined && { acr }) }
}

/** What a session keeps of it. A sign-in cannot be in the future: the clock of the host's sign-in is ahead then. */
export function signInOf(
  { authenticatedAt, acr }: UserAuthentication,
  now: number,
): { readonly signIn?: SessionSignIn } {
  if (authenticatedAt === undefined && acr === undefined) return {}
  const at = authenticatedAt && Math.min(authenticatedAt.getTime(), now)
  return { signIn: { ...(at !== undefined && { at }), ...(acr !== undefined && { acr }) } }
}
