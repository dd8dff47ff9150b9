import { AppGrantError } from '../base/errors.ts'
import type { Emitter } from '../base/events.ts'
import { digestOf, sameDigest } from '../credentials/digest.ts'
import type { TokenFormat } from '../credentials/token-format.ts'
import type { LiveApp } from '../records/app.ts'
import type { Collection } from '../records/collection.ts'
import { installKind, installRef } from '../records/install.ts'
import { removedToken, type StoredToken, tokenKind, tokenRef } from '../records/token.ts'
import type { Granted } from './access-tokens.ts'
import type { Accounts } from './accounts.ts'
import { type App, appView } from './app.ts'
import type { AppAuthentication, AppCredentials, AppProof, RequestFacts } from './app-authentication.ts'
import type { Authorization } from './authorization.ts'
import { idInput, objectInput } from './input.ts'
import type { AccessTokenParts, ReadPresentedToken } from './presented-token.ts'
import type { CodeInput, RefreshInput, SessionGrants } from './session-grants.ts'
import { assertUsable } from './standing.ts'
import type { Verifier } from './verifier.ts'

/** How apps get tokens, prove who they are, and give tokens back; and what a token gives. */
export interface Authorizer extends Verifier, Authorization {
  /**
   * Gives a trusted app a token for its owner, from its own credentials alone.
   *
   * @param by - `scope`: default is all that the app registered. `resources`: which of the option `resources` the token is for;
   *   default is the first.
   * @throws `app_authentication_failed`, `too_many_failures`; with right credentials `app_suspended`, `app_not_trusted`,
   *   `account_blocked`, `not_permitted`, `invalid_scope`, `invalid_target`, `signing_unavailable`. Nothing is stored then.
   * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.4)
   */
  grantTrusted(
    by: AppProof & RequestFacts & { readonly scope?: readonly string[]; readonly resources?: readonly string[] },
  ): Promise<Granted>
  /**
   * Exchanges an authorization code for the first tokens of a session. A code is good once: redeemed again with the right
   * verifier and redirect it ends its session; with anything wrong it is neither spent nor ended.
   *
   * @throws as {@link grantTrusted}, and `invalid_code`.
   * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.1.3)
   * @see [RFC 7636 - Proof Key for Code Exchange](https://www.rfc-editor.org/rfc/rfc7636.html#section-4.6)
   */
  redeemCode(by: CodeInput): Promise<Granted>
  /**
   * Exchanges a refresh token for its successor and an access token. A repeat within the retry window gets the same answer;
   * any other use of a token that has a successor ends the session. Refused without being spent while the app is suspended
   * or the account blocked.
   *
   * @throws as {@link grantTrusted}, and `invalid_refresh_token`.
   * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-6)
   */
  refresh(by: RefreshInput): Promise<Granted>
  /**
   * Kills a token of the app that presents it; a refresh token takes its session with it. A suspended app may do so too. A
   * token that is unknown or dead is no error.
   *
   * @throws `app_authentication_failed`, `too_many_failures`; `foreign_token` for another app's, which stays as it is.
   * @see [RFC 7009 - OAuth 2.0 Token Revocation](https://www.rfc-editor.org/rfc/rfc7009.html#section-2.1)
   */
  revokeToken(by: AppCredentials & RequestFacts & { readonly token: string }): Promise<void>
  /**
   * Proves an app by its secret, or by an assertion, which is good for one call.
   *
   * @throws `app_authentication_failed`, `too_many_failures`; `app_suspended`, `account_blocked`, `not_permitted`.
   */
  authenticateApp(by: AppProof & RequestFacts): Promise<App>
}

/** What the authorizer stands on. */
export interface AuthorizerParts {
  readonly collection: Collection
  readonly accounts: Accounts
  readonly authentication: AppAuthentication
  readonly grantTrusted: Authorizer['grantTrusted']
  readonly sessionGrants: SessionGrants
  readonly authorization: Authorization
  readonly verifier: Verifier
  readonly readPresented: ReadPresentedToken
  readonly format: TokenFormat
  readonly events: Emitter
}

export function createAuthorizer(parts: AuthorizerParts): Authorizer {
  const { collection, accounts, authentication, sessionGrants, format, events } = parts

  return {
    ...parts.authorization,
    verify: parts.verifier.verify,
    grantTrusted: parts.grantTrusted,
    redeemCode: sessionGrants.redeemCode,
    refresh: sessionGrants.refresh,

    async revokeToken(by) {
      const text = idInput(objectInput(by, 'by').token, 'token')
      const app = await authentication.authenticate(by)
      const spent = format.read(text)
      if (spent?.kind === 'ac' || spent?.kind === 'rt') {
        if (spent.app === app.key) await sessionGrants.revoke(app, spent)
        else if (await sessionGrants.isGenuine(spent)) throw foreignToken(app.key, by)
        return
      }
      const presented = await parts.readPresented(text)
      if (typeof presented === 'string') return
      const { parsed, credential } = presented
      const isGenuine = (token: StoredToken | undefined) =>
        token !== undefined && sameDigest(token.digest, digestOf(credential))
      if (parsed.app !== app.key) {
        if (isGenuine(await collection.load(tokenKind, tokenRef(parsed)))) throw foreignToken(app.key, by)
        return
      }
      const account = await holderOf(app, parsed)
      const removed = await collection.write(tokenKind, tokenRef(parsed), (token) =>
        token && isGenuine(token) ? removedToken(token) : undefined,
      )
      if (removed) events.emit('token', {}, { change: 'removed', app: app.key, account, tokenIds: [removed.id] })
    },

    async authenticateApp(by) {
      const app = await authentication.prove(objectInput(by, 'by')).current()
      await assertUsable(app, app.owner, accounts)
      return appView(app)
    },
  }

  /** Whom a token acted for: the account behind its install, where that is not gone. */
  async function holderOf(app: LiveApp, token: AccessTokenParts): Promise<string> {
    if (!('install' in token)) return app.owner
    const install = await collection.load(installKind, installRef(token))
    return install?.state === 'live' ? install.account : app.owner
  }

  function foreignToken(app: string, { remoteAddress }: RequestFacts): AppGrantError {
    const code = 'foreign_token'
    events.emit(
      'refused',
      {},
      { code, reason: 'token_of_another_app', app, ...(remoteAddress !== undefined && { remoteAddress }) },
    )
    return new AppGrantError(
      code,
      {},
      {
        message: 'the token belongs to another app',
        hint: 'An app revokes its own tokens only. The token was left as it is.',
      },
    )
  }
}
