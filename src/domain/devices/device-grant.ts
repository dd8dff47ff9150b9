import type { ScopeDescription } from '../accounts/scopes.ts'
import type { App } from '../apps/app.ts'
import type { AppCredentials, RequestContext } from '../apps/authenticate-app.ts'
import type { AuthorizingActor, Consent, ConsentDecision } from '../authorization/authorization.ts'
import type { TokenResponse } from '../tokens/access-token-issuer.ts'
import type { DpopProofInput } from '../tokens/proven-keys.ts'

/** What a device requests, with the credentials of its app. */
export type DeviceRequestInput = AppCredentials &
  RequestContext & {
    /** Default is everything that the app registered. */
    readonly scope?: readonly string[] | undefined
    /** Which of the option `resources` its tokens are for. Default is the first. */
    readonly resources?: readonly string[] | undefined
  }

/** What a device got. */
export interface DeviceAuthorization {
  /** For the polls of the device, and nobody else. At most 8192 characters. Only reading the property shows it. */
  readonly deviceCode: string
  /** For the user: 8 letters, as `WDJB-MJHT`. Only reading the property shows it. */
  readonly userCode: string
  /** Of both codes. */
  readonly expiresInSeconds: number
  /** How long the device must wait between two polls. */
  readonly intervalSeconds: number
}

/** A device code to exchange, and the app that presents it. */
export type DeviceCodeInput = AppCredentials &
  RequestContext &
  DpopProofInput & {
    readonly deviceCode: string
    /** Which of the granted resources the access token is for. Default is all of them. */
    readonly resources?: readonly string[] | undefined
  }

/** The account that is signed in, and the login behind it. */
export type DeviceActor = Omit<AuthorizingActor, 'isNavigation'>

/** Who enters a user code. */
export type EnteringActor = Pick<DeviceActor, 'account' | 'login' | keyof RequestContext>

/** A form in which a user code is entered. */
export interface DeviceEntry {
  /**
   * Belongs in the form, and is its CSRF token: for this account and login only, valid for ten minutes, also more than once. Only
   * reading the property shows it.
   */
  readonly ticket: string
}

/** No device has answered yet: it does with its next poll. */
export interface DeviceWaiting {
  readonly step: 'waiting'
  readonly account: string
  readonly userCode: string
}

/** The next step is to ask the account for consent. */
export interface DeviceConsent extends Pick<Consent, 'ticket' | 'app' | 'isNew' | 'before' | 'namesake' | 'account'> {
  readonly step: 'consent'
  readonly userCode: string
  readonly app: App
  /** The scopes that the device requests, with what the host says they mean. */
  readonly scopes: readonly ScopeDescription[]
  /** What is known of the device that has answered: it says the user agent itself. */
  readonly device: { readonly userAgent?: string; readonly remoteAddress?: string }
}

/**
 * Authorizes devices that have no browser, such as desk phones: the device shows a user code, and a user enters it in the browser of
 * another device. Nothing is stored before that.
 *
 * @see [RFC 8628 - OAuth 2.0 Device Authorization Grant](https://www.rfc-editor.org/rfc/rfc8628.html)
 */
export interface DeviceGrant {
  /**
   * Issues a device code and a user code. Both say everything themselves, so nothing is stored; an app that authenticates with an
   * assertion uses it up.
   *
   * @throws {@link AppGrantError} `app_authentication_failed`, `too_many_failures`; with valid credentials `app_suspended`,
   *   `account_blocked` or `not_permitted` because of the app, its owner or the option `deviceGrant`; `invalid_scope`, `invalid_target`,
   *   `invalid_request` if it requests so much that the device code would be too long.
   */
  authorize(input: DeviceRequestInput): Promise<DeviceAuthorization>
  /** Returns the ticket of a form in which the account enters a user code. Nothing is stored. */
  beginEntry(actor: EnteringActor): Promise<DeviceEntry>
  /**
   * Stores that the account has entered a user code, for ten minutes. Whether any device shows it is found out by
   * {@link DeviceGrant.ask}.
   *
   * @param entry - `ticket`: of the form. `userCode`: in whatever case, and with whatever between the letters.
   * @throws {@link AppGrantError} `invalid_ticket` if the ticket is older than ten minutes, or that of another account or login;
   *   `invalid_user_code` if it is not a user code, or another account or login has entered it; `limit_reached`.
   */
  enterUserCode(entry: { readonly ticket: string; readonly userCode: string } & EnteringActor): Promise<void>
  /**
   * Returns what to ask the account about the device that shows the code, and stores the consent request. Its ticket takes the place
   * of the one that an earlier call returned.
   *
   * @param entry - `userCode`: as it was entered.
   * @throws {@link AppGrantError} `invalid_user_code` if the account has not entered it, has decided, or two devices show it, or if
   *   the code of the device has expired; `app_not_found`, `app_suspended`, `account_blocked`, `not_permitted`, `app_limit_reached`,
   *   `invalid_scope`, `invalid_target`, `limit_reached`: show the error.
   */
  ask(entry: { readonly userCode: string } & DeviceActor): Promise<DeviceConsent | DeviceWaiting>
  /**
   * Approves the request of the device, and installs its app: the next poll gets tokens. The ticket is used up, atomically. The same
   * decision within 30 seconds is confirmed.
   *
   * @param decision - `scope`: the part of the requested scope to grant. Default is all of it.
   * @throws {@link AppGrantError} `invalid_ticket`, `invalid_scope`, `app_suspended`, `account_blocked`, `not_permitted`.
   */
  approve(decision: ConsentDecision & { readonly scope?: readonly string[] | undefined }): Promise<void>
  /** Denies the request: the next poll is `access_denied`. @throws {@link AppGrantError} `invalid_ticket`, `app_suspended`. */
  deny(decision: ConsentDecision): Promise<void>
  /**
   * Exchanges a device code for the first tokens of a session, once the account has approved. A retry within the grace period gets the
   * same response; any later use ends the session.
   *
   * @throws {@link AppGrantError} `authorization_pending`; `slow_down`, whose `details` say how far apart polls must be from now on; `access_denied`;
   *   `expired_device_code`; `invalid_device_code`; and the codes of {@link Authorizer.exchangeCode} except `invalid_code`.
   */
  exchange(input: DeviceCodeInput): Promise<TokenResponse>
}

/** The methods that an app or a user may call faster than they can be served. */
export const LIMITED_OF_DEVICES = ['authorize', 'enterUserCode', 'ask', 'exchange'] as const
