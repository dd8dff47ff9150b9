import type { ScopeDescription } from '../accounts/scopes.ts'
import type { App } from '../apps/app.ts'
import type { RequestContext } from '../apps/authenticate-app.ts'
import type { SignInNeeds, UserAuthentication } from '../input/user-authentication.ts'
import type { DescribedBefore } from '../registration/follow-document.ts'

/** The next step is to redirect the browser, with 303 See Other. */
export interface Redirect {
  readonly step: 'redirect'
  /**
   * The app's redirect URL with the response in its query. It may contain a code: only reading the property shows it,
   * inspection and JSON do not.
   */
  readonly location: string
}

/** The next step is to ask the account for consent. */
export interface Consent {
  readonly step: 'consent'
  /**
   * Belongs in the form, and is its CSRF token: single use, for this account and login only, valid for 10 minutes. Only reading
   * the property shows it.
   */
  readonly ticket: string
  /** If it has registered itself, `app.origin` is there, and nobody has checked what it says of itself, such as its name. */
  readonly app: App
  /** Whether the app has registered itself and the account has not approved it before: it is stored once its code is exchanged. */
  readonly isNew: boolean
  /** If the document of the app has changed since the last request to this account: what it said then. */
  readonly before?: DescribedBefore
  /**
   * Only for an app that has registered itself: another app of the account, with the same name as far as people can tell. Case,
   * spacing and compatibility forms make no difference.
   */
  readonly namesake?: App
  readonly account: string
  /** The scopes the app requests, with what the host says they mean. */
  readonly scopes: readonly ScopeDescription[]
  /** The host that the response will be sent to, in ASCII; for a private-use scheme, the scheme with its colon. */
  readonly redirectHost: string
}

/**
 * The signed-in account that an authorization request is made to, the login behind it, and when and how the user proved who it is.
 * The tokens of the grant say that as long as they are renewed.
 */
export interface AuthorizingActor extends RequestContext, UserAuthentication {
  readonly account: string
  readonly login?: string | undefined
  /**
   * Whether it is certain that a browser opens the request as a page: `Sec-Fetch-Mode` is `navigate` and `Sec-Fetch-Dest` is
   * `document`. Only then may the option `consent` let it through without a consent page. Default is false.
   */
  readonly isNavigation?: boolean | undefined
}

/** The account that decides, and the login behind it. Both must be those that {@link Authorization.beginAuthorization} got. */
export interface ConsentDecision extends RequestContext {
  readonly ticket: string
  readonly account: string
  readonly login?: string | undefined
}

/** Asks an account whether an app may act for it. */
export interface Authorization {
  /**
   * Checks what must be valid before a user is asked to sign in: the app, its owner and its redirect URL.
   * {@link Authorization.beginAuthorization} checks them again, with everything else.
   *
   * @param params - as for {@link Authorization.beginAuthorization}.
   * @param facts - the request behind the call, for the event `refused`.
   * @returns how the user must have signed in for the request. Nothing, if that cannot be read.
   * @throws {@link AppGrantError} `app_not_found`, `app_suspended`, `invalid_redirect`, `invalid_request`, and `account_blocked` or
   *   `not_permitted` because of the app's owner: show the error and do not redirect.
   */
  checkAuthorization(params: URLSearchParams, facts?: RequestContext): Promise<SignInNeeds>
  /**
   * Validates an authorization request of a signed-in account and stores a consent request, which is valid for 10 minutes.
   *
   * @param params - as received: `client_id`, `redirect_uri`, `response_type=code`, `code_challenge`,
   *   `code_challenge_method=S256`, and optionally `scope`, `state`, `resource`, `dpop_jkt`, `max_age` and `acr_values`. Only
   *   `resource` may be repeated. A request that was pushed has only `client_id` and `request_uri`.
   * @returns the consent to ask for, or a redirect that reports an error to the app or, if the option `consent` says that the
   *   account need not be asked, has an authorization code.
   * @throws {@link AppGrantError} `app_not_found`, `app_suspended`, `invalid_redirect`, `account_blocked` or `not_permitted` because of
   *   the app's owner or tenant, or `invalid_request` for a repeated or oversized parameter: show the error and do not redirect. For
   *   a program that registers itself and that the account has not approved, every fault of the request is such an error, and so is
   *   `app_limit_reached`.
   * @throws TypeError without the option `issuer`.
   * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.1)
   */
  beginAuthorization(params: URLSearchParams, actor: AuthorizingActor): Promise<Consent | Redirect>
  /**
   * Approves the request: installs the app for the account and returns a redirect with an authorization code. The ticket is
   * used up, atomically. If the same account and login approve it again within 30 seconds, because a user pressed the button
   * twice or after `outcome_unknown`, they get the same redirect with the same code, until the code is exchanged.
   *
   * @param decision - `scope`: the part of the requested scope to grant. Default is all of it.
   * @throws {@link AppGrantError} `invalid_ticket`, `invalid_scope`, `app_suspended`, `account_blocked`, `not_permitted`.
   * @see [RFC 9207 - Authorization Server Issuer Identification](https://www.rfc-editor.org/rfc/rfc9207.html#section-2)
   */
  approve(decision: ConsentDecision & { readonly scope?: readonly string[] | undefined }): Promise<Redirect>
  /**
   * Denies the request: returns a redirect with `access_denied`, and again within 30 seconds.
   *
   * @throws {@link AppGrantError} `invalid_ticket`, `app_suspended`, and `account_blocked` or `not_permitted` because of the app's
   *   owner or tenant: show the error and do not redirect.
   */
  deny(decision: ConsentDecision): Promise<Redirect>
}
