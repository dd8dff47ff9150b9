import { describeValue } from '../../base/describe-value.ts'
import { isAppGrantError } from '../../base/errors.ts'
import { assertNotMisspelt } from '../../base/known-members.ts'
import { accountInput, loginInput } from '../../domain/input/input.ts'
import {
  type SignInNeeds,
  type UserAuthentication,
  userAuthenticationInput,
} from '../../domain/input/user-authentication.ts'

export type { SignInNeeds }

/** The account that is signed in, with its login, and when and how the user proved who it is, if known. */
export interface SignedIn extends UserAuthentication {
  readonly account: string
  readonly login?: string | undefined
  /** The language of the consent page, BCP 47. Default is `en`. */
  readonly locale?: string | undefined
}

/**
 * Returns the signed-in account with its login, if known, or the Response that starts sign-in and comes back afterwards.
 *
 * `needs` says how recently and how the user must have signed in for this request. If that is not so, start sign-in again, even
 * for a user who is signed in. What is returned is checked against it too.
 */
export type SignIn = (request: Request, needs: SignInNeeds) => Promise<SignedIn | Response>

// Not `acr`: most names of three letters are near to it, and a misspelt one only asks the user to sign in again.
const MEMBERS = ['account', 'login', 'locale', 'authenticatedAt']

/**
 * The result of the host's `signIn`. Members that are not known are left out, so it may be a session of the host, unless one is
 * probably a misspelt member that is missing.
 *
 * @throws TypeError if the result is neither: the host is wrong, not the request, so the response is a 500.
 */
export async function askSignIn(
  signIn: SignIn,
  request: Request,
  needs: SignInNeeds = {},
): Promise<SignedIn | Response> {
  const signedIn: unknown = await signIn(request, needs)
  if (signedIn instanceof Response) return signedIn
  if (typeof signedIn === 'object' && signedIn !== null) assertNotMisspelt('signIn', signedIn, MEMBERS)
  if (typeof signedIn !== 'object' || signedIn === null || !('account' in signedIn))
    throw new TypeError(`signIn: expected { account, login? } or a Response, received ${describeValue(signedIn)}`)
  const { account, login, locale, authenticatedAt, acr } = signedIn as Partial<SignedIn>
  const known = ofHost('signIn', () => ({
    account: accountInput(account),
    ...loginInput(login),
    ...userAuthenticationInput({ authenticatedAt, acr }),
  }))
  return { ...known, ...(typeof locale === 'string' && { locale }) }
}

/**
 * Checks the result of a function of the host.
 *
 * @throws TypeError in place of an error of the core: the host is wrong, not the request.
 */
export function ofHost<Result>(name: string, check: () => Result): Result {
  try {
    return check()
  } catch (error) {
    throw isAppGrantError(error) ? new TypeError(`${name}: ${error.message}`) : error
  }
}

/** @throws TypeError if a function of the host did not return a Response. */
export function assertResponse(name: string, result: unknown): asserts result is Response {
  if (!(result instanceof Response))
    throw new TypeError(`${name}: expected a Response, received ${describeValue(result)}`)
}
