import { AppGrantError } from '../base/errors.ts'
import type { Emitter, EventSource } from '../base/events.ts'
import { knownMembers } from '../base/known-members.ts'
import { digestOf, sameDigest } from '../credentials/digest.ts'
import { readAnyCredential } from '../credentials/read-any-credential.ts'
import type { LiveApp } from '../records/app.ts'
import type { Collection } from '../records/collection.ts'
import { installKind, installRef } from '../records/install.ts'
import { sessionKind, sessionRef } from '../records/session.ts'
import { appOnlyTokens, removedToken, type StoredToken, tokenKind, tokenRef, userTokens } from '../records/token.ts'
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
import type { Authorization } from './authorization/authorization.ts'
import type { CodeInput } from './grants/authorization-code.ts'
import type { ClientCredentialsInput } from './grants/client-credentials.ts'
import type { Grants } from './grants/create-grants.ts'
import type { RefreshInput } from './grants/refresh-token.ts'
import { isCredential } from './grants/session-credential.ts'
import type { SessionExchange } from './grants/session-exchange.ts'
import { idInput, objectInput, sourceInput } from './input/input.ts'
import type { Refusals } from './refusals.ts'
import type { TokenResponse } from './tokens/access-token-issuer.ts'
import type { AccessTokenParts, PresentedToken } from './tokens/token-reader.ts'
import type { Verifier } from './tokens/verification.ts'

/** Issues, verifies and revokes tokens, and authenticates apps. */
export interface Authorizer extends Verifier, Authorization {
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
   * Authenticates an app with a secret, or with an assertion, which is valid for one call.
   *
   * @throws {@link AppGrantError} `app_authentication_failed`, `too_many_failures`, `app_suspended`, `account_blocked`,
   *   `not_permitted`.
   */
  authenticateApp(input: AppAuthentication & RequestContext): Promise<App>
}

const REVOCATION = knownMembers<Parameters<Authorizer['revokeToken']>[0]>(
  { ...CREDENTIALS, token: true },
  { ...CREDENTIAL_NAMES, accessToken: 'token', refreshToken: 'token' },
)
const AUTHENTICATION = knownMembers<AppAuthentication & RequestContext>(CREDENTIALS, CREDENTIAL_NAMES)

export interface AuthorizerParts {
  readonly collection: Collection
  readonly accounts: Accounts
  readonly authenticator: AppAuthenticator
  readonly grants: Grants
  readonly sessions: SessionExchange
  readonly authorization: Authorization
  readonly refusals: Refusals
  readonly verifier: Verifier
  readonly events: Emitter
}

export function createAuthorizer(parts: AuthorizerParts): Authorizer {
  const { collection, accounts, authenticator, sessions, refusals, events } = parts

  return {
    ...parts.authorization,
    verify: parts.verifier.verify,
    tryVerify: parts.verifier.tryVerify,
    ...parts.grants,

    async revokeToken(input) {
      const source = sourceInput(objectInput(input, 'input', REVOCATION))
      const text = idInput(input.token, 'token')
      const app = await authenticator.authenticate(input)
      return refusals.watch({}, { app: app.key, ...source }, async () => {
        const presented = readAnyCredential(text)
        if (!presented) return
        const { parsed, credential } = presented
        if ('token' in parsed) return revokeAccess(app, { parsed, credential }, source)
        if (!isCredential(parsed)) return
        if (parsed.app === app.key) await sessions.revoke(app, parsed, source)
        else if (await sessions.isGenuine(parsed)) throw foreignToken()
      })
    },

    async authenticateApp(input) {
      const app = await authenticator.authenticateConfidential(objectInput(input, 'input', AUTHENTICATION)).current()
      await refusals.watch({}, { app: app.key, ...sourceInput(input) }, () => assertMayAct(app, app.owner, accounts))
      return appView(app)
    },
  }

  async function revokeAccess(app: LiveApp, presented: PresentedToken, source: EventSource): Promise<void> {
    const { parsed, credential } = presented
    const isGenuine = (token: StoredToken | undefined) =>
      token !== undefined && sameDigest(token.digest, digestOf(credential))
    if (parsed.app !== app.key) {
      if (isGenuine(await collection.load(tokenKind, tokenRef(parsed)))) throw foreignToken()
      return
    }
    const holder = await holderOf(app, parsed)
    let wasValid = false
    const removed = await collection.write(tokenKind, tokenRef(parsed), (token, isExpired) => {
      if (!token || !isGenuine(token)) return undefined
      wasValid = token.state === 'live' && token.group === holder?.group && !isExpired
      return removedToken(token)
    })
    // A token that gave nothing any more was not revoked by this.
    if (!removed || !holder || !wasValid) return
    const { account } = holder
    events.emit('token', {}, { change: 'removed', app: app.key, account, tokenIds: [removed.id], ...source })
  }

  /** The account for which a token is valid, and the group that it must be in; undefined if its install or session has ended. */
  async function holderOf(
    app: LiveApp,
    token: AccessTokenParts,
  ): Promise<{ readonly account: string; readonly group: string } | undefined> {
    if (!('install' in token)) return { account: app.owner, group: appOnlyTokens(app).group }
    const [installRecord, sessionRecord] = await collection.get([installRef(token), sessionRef(token)])
    const install = installRecord && collection.unpack(installKind, installRecord)
    const isOpen = sessionRecord && sessionKind.unpack(sessionRecord).state === 'open'
    if (install?.state !== 'live' || !isOpen) return undefined
    return { account: install.account, group: userTokens(app, install).group }
  }
}

function foreignToken(): AppGrantError {
  return new AppGrantError('foreign_token', {
    message: 'the token belongs to another app',
    hint: 'An app can revoke only its own tokens. The token was not revoked.',
  })
}
