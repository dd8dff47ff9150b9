import type { ScopeDescription } from '../accounts/scopes.ts'
import type { App } from '../apps/app.ts'
import type { RequestContext } from '../apps/authenticate-app.ts'
import type { UserAuthentication } from '../input/user-authentication.ts'
import type { AuthorizingActor, Consent, ConsentDecision, Redirect } from './authorization.ts'

/** The next step is to ask the account whether it wants to register the app. */
export interface RegistrationRequest {
  readonly step: 'registration'
  /**
   * Belongs in the form, and is its CSRF token: single use, for this account and login only, valid for 10 minutes. Only reading
   * the property shows it.
   */
  readonly ticket: string
  /** The app as it would be registered, for this account. Nothing of it is stored as an app, and nobody has checked what it says. */
  readonly app: App
  /** Another app of the account, with the same name as far as people can tell: see {@link Consent.namesake}. */
  readonly namesake?: App
  readonly account: string
  /** The scopes that the app would register, with what the host says they mean. */
  readonly scopes: readonly ScopeDescription[]
  /** The host that the response will be sent to, in ASCII. */
  readonly redirectHost: string
  /** Whether the account may also grant the app access in this step. */
  readonly mayGrant: boolean
}

/** A registration code to exchange. No app exists yet, so nothing else authenticates the request. */
export interface RegistrationCodeInput extends RequestContext {
  readonly code: string
  /** The PKCE verifier, 43–128 characters. */
  readonly codeVerifier: string
  /** The redirect URL of the registration, unmodified. */
  readonly redirectUrl: string
}

/** An app that was registered in the browser. */
export interface RegisteredApp {
  readonly app: App
  /** Readable only here and only once. Only reading the property shows it. */
  readonly secret: string
  /**
   * Only if the account granted access: an authorization code for {@link Authorizer.exchangeCode}, with the same verifier and redirect
   * URL. Only reading the property shows it.
   */
  readonly authorizationCode: string | undefined
}

/** Lets an app that its user wants to register start the registration in the browser (WEB-1). */
export interface BrowserRegistration {
  /**
   * Reads a request to register an app, for a signed-in account that may do so. It stores the request and nothing of an app.
   *
   * @param params - `client_name`, `client_uri`, `contacts` (one e-mail address), `redirect_uri`, `state` of at least 16 characters,
   *   `code_challenge`, `code_challenge_method=S256`; optional `description`, `logo_uri`, `phone`, `api_type`, `scope`, `resource`.
   * @throws {@link AppGrantError} `invalid_request`, `invalid_fields` with all errors by the names of the parameters,
   *   `invalid_target`, `account_blocked`, `not_permitted`, `app_limit_reached`, `limit_reached`: show the error and do not redirect.
   */
  beginRegistration(
    params: URLSearchParams,
    actor: Omit<AuthorizingActor, 'isNavigation' | keyof UserAuthentication>,
  ): Promise<RegistrationRequest>
  /**
   * Approves the registration: returns a redirect with a registration code, which is valid for a minute. No app exists before the code
   * is exchanged. The ticket is used up, atomically. If the same account and login decide the same again within 30 seconds, they get
   * the same redirect, until the code is exchanged.
   *
   * @param decision - `grant`: whether the app also gets access to the account, as by an authorization; default is false. `scope`: the
   *   part of the requested scope to grant then; default is all of it.
   * @throws {@link AppGrantError} `invalid_ticket`, `invalid_scope`, `account_blocked`, `not_permitted`.
   */
  approveRegistration(
    decision: ConsentDecision & {
      readonly grant?: boolean | undefined
      readonly scope?: readonly string[] | undefined
    },
  ): Promise<Redirect>
  /**
   * Denies the registration: returns a redirect with `access_denied`, and again within 30 seconds.
   *
   * @throws {@link AppGrantError} `invalid_ticket`.
   */
  denyRegistration(decision: ConsentDecision): Promise<Redirect>
  /**
   * Registers the app in exchange for its registration code, and draws its secret. The code is valid once. Using it again with the right
   * verifier and redirect URL removes the app, if it was not used yet: either somebody else has its secret, or nobody has. An attempt
   * with anything wrong changes nothing.
   *
   * @throws {@link AppGrantError} `invalid_code`, `account_blocked`, `not_permitted`, `app_limit_reached`; `outcome_unknown`: the account
   *   must register the app again.
   */
  exchangeRegistration(input: RegistrationCodeInput): Promise<RegisteredApp>
}
