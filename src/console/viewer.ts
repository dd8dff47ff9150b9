import { hash } from 'node:crypto'
import { describeValue } from '../base/describe-value.ts'
import { invalidOption } from '../base/errors.ts'
import { assertNotMisspelt } from '../base/known-members.ts'
import { accountInput, loginInput } from '../domain/input/input.ts'
import { userAuthenticationInput } from '../domain/input/user-authentication.ts'
import { ofHost } from '../http/wire/sign-in.ts'

/** Who looks at a page, as the host knows them. */
export interface Viewer {
  /** The account that is signed in. Absent only for an operator without an account. */
  readonly account?: string | undefined
  /** The real login behind the account, kept with what it does. */
  readonly login?: string | undefined
  /** WARNING: the host's own authority over every app. Needs `login`. Default is false. */
  readonly operator?: boolean | undefined
  /** When the viewer last proved who it is, for `freshSignInSeconds`. Absent if that is not known. */
  readonly authenticatedAt?: Date | undefined
  /** The language to show, BCP 47. Default is `en`. */
  readonly locale?: string | undefined
  /** The time zone of dates, an IANA name. Default, also for one that is not known, is UTC, which a browser that runs scripts replaces by its own. */
  readonly timeZone?: string | undefined
}

const DIGEST_LENGTH = 12

/** A short digest of texts, to compare what a form was made from with what there is when it comes back. */
export function digest(...texts: readonly string[]): string {
  return hash('sha256', JSON.stringify(texts), 'base64url').slice(0, DIGEST_LENGTH)
}

/** What the forms of a viewer carry: it differs for every account and login. The account acted for is in the address. */
export function formProofOf({ account = '', login = '', operator = false }: Viewer): string {
  return digest(account, login, String(operator))
}

const MEMBERS = ['account', 'login', 'operator', 'authenticatedAt', 'locale', 'timeZone']

/**
 * Checks what the host says of a viewer, which is read only once. It may be a session of the host, with members of its own.
 *
 * @throws TypeError naming what is wrong: a viewer of unknown authority sees nothing.
 */
export function checkViewer(signedIn: unknown): Viewer {
  if (typeof signedIn !== 'object' || signedIn === null)
    throw new TypeError(`signIn: expected a viewer or a Response, received ${describeValue(signedIn)}`)
  assertNotMisspelt('signIn', signedIn, MEMBERS)
  const { account, login, operator, authenticatedAt, locale, timeZone }: Viewer = signedIn
  for (const [name, value] of Object.entries({ locale, timeZone }))
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      throw invalidOption('signIn', name, 'a text that is not empty', value, { isSecret: true })
  if (operator !== undefined && typeof operator !== 'boolean')
    throw invalidOption('signIn', 'operator', 'true or false', operator, { isSecret: true })
  if (operator === true && login === undefined)
    throw invalidOption('signIn', 'login', 'the login of the operator', login)
  if (operator !== true && account === undefined)
    throw invalidOption('signIn', 'account', 'the account that is signed in', account)
  ofHost('signIn', () => {
    if (account !== undefined) accountInput(account)
    loginInput(login)
    userAuthenticationInput({ authenticatedAt, acr: undefined })
  })
  const read = Object.entries({ account, login, operator, authenticatedAt, locale, timeZone })
  return Object.fromEntries(read.filter(([, value]) => value !== undefined))
}
