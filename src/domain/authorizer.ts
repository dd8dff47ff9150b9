import { AppGrantError } from '../base/errors.ts'
import type { Emitter } from '../base/events.ts'
import { knownMembers } from '../base/known-members.ts'
import { readAnyCredential } from '../credentials/read-any-credential.ts'
import type { Collection } from '../records/collection.ts'
import type { Accounts } from './accounts/accounts.ts'
import { assertMayAct } from './accounts/may-act.ts'
import { type App, appView } from './apps/app.ts'
import {
  type AppAuthentication,
  type AppAuthenticator,
  type AppCredentials,
  CREDENTIAL_NAMES,
  CREDENTIALS,
  type RequestContext,
} from './apps/authenticate-app.ts'
import type { FindApp } from './apps/find-app.ts'
import type { Authorization } from './authorization/authorization.ts'
import type { BrowserRegistration } from './authorization/registration.ts'
import type { CodeInput } from './grants/authorization-code.ts'
import type { ClientCredentialsInput } from './grants/client-credentials.ts'
import type { Grants } from './grants/create-grants.ts'
import type { PresentingApps } from './grants/presenting-apps.ts'
import type { RefreshInput } from './grants/refresh-token.ts'
import { knownOf, type SessionExchange } from './grants/session-exchange.ts'
import { idInput, objectInput, sourceInput } from './input/input.ts'
import { createReportLeak, type Leak } from './leaks/report-leak.ts'
import type { Refusals } from './refusals.ts'
import type { AppOfCredential } from './registration/app-of-credential.ts'
import type { TokenResponse } from './tokens/access-token-issuer.ts'
import { createAccessTokenRevocation } from './tokens/revoke-access-token.ts'
import type { Verifier } from './tokens/verification.ts'

/** Issues, verifies and revokes tokens, and authenticates apps. */
export interface Authorizer extends Verifier, Authorization, BrowserRegistration {
  /**
   * Issues an access token to a trusted app, for its owner, in exchange for the app's credentials alone.
   *
   * @param input - `scope`: default is everything the app registered. `resources`: which of the option `resources` the token is for;
   *   default is the first.
   * @throws {@link AppGrantError} `app_authentication_failed`, `too_many_failures`; with valid credentials `app_suspended`,
   *   `app_not_trusted`, `account_blocked`, `not_permitted`, `invalid_scope`, `invalid_target`, `signing_unavailable`,
   *   `claims_unavailable`.
   * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.4)
   */
  clientCredentials(input: ClientCredentialsInput): Promise<TokenResponse>
  /**
   * Exchanges an authorization code for the first tokens of a session. A code is valid once: using it again with the right
   * verifier and redirect URL ends its session. After `outcome_unknown`, the same call on the same node gets the response. An attempt with anything wrong neither uses up the code nor ends the session.
   *
   * @throws {@link AppGrantError} `invalid_code`, and the codes of {@link Authorizer.clientCredentials} except `app_not_trusted`.
   * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.3)
   * @see [RFC 7636 - Proof Key for Code Exchange](https://www.rfc-editor.org/rfc/rfc7636.html#section-4.6)
   */
  exchangeCode(input: CodeInput): Promise<TokenResponse>
  /**
   * Exchanges a refresh token for its successor and an access token. A retry within the grace period gets the same response;
   * any other use of a token that has a successor ends the session. While the app is suspended or the account is blocked, the
   * exchange is rejected and the refresh token stays valid.
   *
   * @throws {@link AppGrantError} `invalid_refresh_token`, and the codes of {@link Authorizer.clientCredentials} except
   *   `app_not_trusted`.
   * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-6)
   */
  refresh(input: RefreshInput): Promise<TokenResponse>
  /**
   * Revokes an access token of the app, or the session of a code or refresh token. A suspended app may do this too. A token
   * that is unknown or no longer valid is not an error.
   *
   * @throws {@link AppGrantError} `app_authentication_failed`, `too_many_failures`; `foreign_token` for a token of another app,
   *   which is not revoked.
   * @see [RFC 7009 - OAuth 2.0 Token Revocation](https://www.rfc-editor.org/rfc/rfc7009.html#section-2.1)
   */
  revokeToken(input: AppCredentials & RequestContext & { readonly token: string }): Promise<void>
  /**
   * Revokes exactly the credential that was found where it should not be: an access token, the session of a code or refresh token,
   * or one secret of an app if its key is named. A credential may be revoked by anyone who has it, so the caller needs no authority. If
   * something was revoked, the event `leak` says what, for whom, and where it was found.
   *
   * An app that loses its last secret keeps its tokens and installs, and cannot authenticate before its owner has regenerated the
   * secret. A text without a right checksum costs no read, and one that was never issued costs no write.
   *
   * @returns whether the credential was valid until then.
   * @throws {@link AppGrantError} `invalid_request` for input of a wrong type.
   */
  reportLeak(leak: Leak): Promise<boolean>
  /**
   * Authenticates an app with a secret, or with an assertion, which is valid for one call.
   *
   * @throws {@link AppGrantError} `app_authentication_failed`, `too_many_failures`, `app_suspended`, `account_blocked`,
   *   `not_permitted`.
   */
  authenticateApp(input: AppAuthentication & RequestContext): Promise<App>
}

/** What apps and services may request faster than it can be served. `verify` is limited where the cache does not help. */
export const LIMITED = [
  'clientCredentials',
  'exchangeCode',
  'refresh',
  'authenticateApp',
  'beginAuthorization',
  'checkAuthorization',
  'reportLeak',
  'beginRegistration',
  'exchangeRegistration',
] as const

const REVOCATION = knownMembers<Parameters<Authorizer['revokeToken']>[0]>(
  { ...CREDENTIALS, token: true },
  { ...CREDENTIAL_NAMES, accessToken: 'token', refreshToken: 'token' },
)
const AUTHENTICATION = knownMembers<AppAuthentication & RequestContext>(CREDENTIALS, CREDENTIAL_NAMES)

export interface AuthorizerParts {
  readonly collection: Collection
  readonly accounts: Accounts
  readonly findApp: FindApp
  readonly authenticator: AppAuthenticator
  readonly presentingApps: PresentingApps
  readonly appOfCredential: AppOfCredential
  readonly grants: Grants
  readonly sessions: SessionExchange
  readonly authorization: Authorization
  readonly registration: BrowserRegistration
  readonly refusals: Refusals
  readonly verifier: Verifier
  readonly events: Emitter
}

export function createAuthorizer(parts: AuthorizerParts): Authorizer {
  const { accounts, authenticator, presentingApps, sessions, refusals } = parts
  const accessTokens = createAccessTokenRevocation(parts)

  return {
    ...parts.authorization,
    ...parts.registration,
    verify: parts.verifier.verify,
    tryVerify: parts.verifier.tryVerify,
    ...parts.grants,

    async revokeToken(input) {
      const source = sourceInput(objectInput(input, 'input', REVOCATION))
      const text = idInput(input.token, 'token')
      const presented = readAnyCredential(text)
      const presenting = await presentingApps.authenticate(input, presented?.parsed)
      // A program that registered itself, and what is presented is of no app of it.
      const own = typeof presenting === 'object' ? presenting : undefined
      const app = own?.app
      return refusals.watch({}, { ...(own && knownOf(own)), ...source }, async () => {
        if (presented && 'token' in presented.parsed) {
          const { parsed, credential } = presented
          const isTheirs = parsed.app === app?.key
          if (isTheirs) await accessTokens.revoke(app, { parsed, credential }, source)
          else if (await accessTokens.isGenuine({ parsed, credential })) throw foreignToken()
          return
        }
        const identified = await sessions.identify(text, presented?.parsed)
        if (!identified) return
        if (identified.credential.app === app?.key) await sessions.revoke(app, identified, source)
        else if (presenting !== 'removed' && (await sessions.isGenuine(identified))) throw foreignToken()
      })
    },

    reportLeak: createReportLeak({ ...parts, accessTokens }),

    async authenticateApp(input) {
      const app = await authenticator.authenticateConfidential(objectInput(input, 'input', AUTHENTICATION)).current()
      await refusals.watch({}, { app: app.key, ...sourceInput(input) }, () => assertMayAct(app, app.owner, accounts))
      return appView(app)
    },
  }
}

function foreignToken(): AppGrantError {
  return new AppGrantError('foreign_token', {
    message: 'the token belongs to another app',
    hint: 'An app can revoke only its own tokens. The token was not revoked.',
  })
}
