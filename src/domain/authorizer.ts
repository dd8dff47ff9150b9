import { AppGrantError } from '../base/errors.ts'
import type { Emitter } from '../base/events.ts'
import { partitionOfKey } from '../credentials/app-key.ts'
import { withConcealed } from '../credentials/concealed.ts'
import { digestOf, sameDigest } from '../credentials/digest.ts'
import type { RandomText } from '../credentials/random.ts'
import { type TokenFormat, WIDTH } from '../credentials/token-format.ts'
import type { LiveApp } from '../records/app.ts'
import type { Collection } from '../records/collection.ts'
import { appOnlyTokens, removedToken, type StoredToken, tokenKind, tokenRef } from '../records/token.ts'
import { type Accounts, accountError } from './accounts.ts'
import { type App, appView } from './app.ts'
import type { AppAuthentication, AppCredentials, AppSecret, RequestFacts } from './app-authentication.ts'
import { idInput, objectInput, userAgentInput } from './input.ts'
import { scopeInput } from './scope.ts'
import { assertUsable } from './standing.ts'
import type { Verifier } from './verifier.ts'

/** Longer than any token: what is longer is refused before anything else is done with it. */
const MAX_TOKEN_LENGTH = 4096

/** A token was made. The token itself is read by name and shown by no inspection or JSON. */
export interface Granted {
  readonly accessToken: string
  readonly tokenId: string
  readonly expiresAt: Date
  readonly expiresInSeconds: number
  readonly scope: readonly string[]
}

/** How apps get tokens, prove who they are, and give tokens back; and what a token gives. */
export interface Authorizer extends Verifier {
  /**
   * Gives a trusted app a token for its owner, from key and secret alone.
   *
   * @throws `app_authentication_failed`, `too_many_failures`; with right credentials `app_suspended`, `app_not_trusted`,
   *   `account_blocked`, `not_permitted`, `invalid_scope`. Nothing is stored then.
   * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-4.4)
   */
  grantTrusted(by: AppSecret & RequestFacts & { readonly scope?: readonly string[] }): Promise<Granted>
  /**
   * Kills a token of the app that presents it; a suspended app may do so too. A token that is unknown or dead is no error.
   *
   * @throws `app_authentication_failed`, `too_many_failures`; `foreign_token` for another app's, which stays as it is.
   * @see [RFC 7009 - OAuth 2.0 Token Revocation](https://www.rfc-editor.org/rfc/rfc7009.html#section-2.1)
   */
  revokeToken(by: AppCredentials & RequestFacts & { readonly token: string }): Promise<void>
  /**
   * Proves an app by its secret.
   *
   * @throws `app_authentication_failed`, `too_many_failures`; `app_suspended`, `account_blocked`, `not_permitted`.
   */
  authenticateApp(by: AppSecret & RequestFacts): Promise<App>
}

export interface AuthorizerParts {
  readonly collection: Collection
  readonly accounts: Accounts
  readonly authentication: AppAuthentication
  readonly verifier: Verifier
  readonly format: TokenFormat
  readonly events: Emitter
  readonly random: RandomText
  readonly clock: () => number
  readonly accessTokenSeconds: number
}

export function createAuthorizer(parts: AuthorizerParts): Authorizer {
  const { collection, accounts, authentication, format, events, random, clock } = parts

  return {
    verify: parts.verifier.verify,

    async grantTrusted(by) {
      const facts = userAgentInput(objectInput(by, 'by').userAgent)
      const app = await authentication.authenticate({ ...by, secret: idInput(by.secret, 'secret') })
      const owner = await assertUsable(app, accounts)
      if (owner[0]?.epoch !== app.epoch) throw ownerReplaced()
      if (!app.trusted) throw notTrusted()
      return issue(app, scopeInput(by.scope, app), facts)
    },

    async revokeToken(by) {
      const text = idInput(objectInput(by, 'by').token, 'token')
      const app = await authentication.authenticate(by)
      const parsed = text.length <= MAX_TOKEN_LENGTH ? format.read(text) : undefined
      if (!parsed) return
      const isGenuine = ({ digest }: StoredToken) => sameDigest(digest, digestOf(text))
      const ref = tokenRef(parsed)
      if (parsed.app !== app.key) {
        const foreign = await collection.load(tokenKind, ref)
        if (foreign && isGenuine(foreign)) throw foreignToken(app.key, by)
        return
      }
      const removed = await collection.write(tokenKind, ref, (token) =>
        token && isGenuine(token) ? removedToken(token) : undefined,
      )
      if (removed)
        events.emit(
          'token',
          { account: app.owner },
          { change: 'removed', app: app.key, account: app.owner, tokenIds: [removed.id] },
        )
    },

    async authenticateApp(by) {
      const app = await authentication.authenticate({ ...objectInput(by, 'by'), secret: idInput(by.secret, 'secret') })
      await assertUsable(app, accounts)
      return appView(app)
    },
  }

  async function issue(
    app: LiveApp,
    scope: readonly string[],
    facts: { readonly userAgent?: string },
  ): Promise<Granted> {
    const tokenId = random(WIDTH.token)
    const accessToken = format.write('at', { app: app.key, token: tokenId, secret: random(WIDTH.secret) })
    const issuedAt = clock()
    const expiresAt = issuedAt + parts.accessTokenSeconds * 1000
    // The stamps are those the app had when it proved itself: after an act meanwhile, this token is born dead (REV-4).
    const result = await collection.insert<StoredToken>(tokenKind, {
      state: 'live',
      partition: partitionOfKey(app.key),
      id: tokenId,
      digest: digestOf(accessToken),
      group: appOnlyTokens(app).group,
      issuedAt,
      expiresAt,
      scope,
      ...facts,
    })
    if (result !== 'inserted') throw new Error('a random token id was drawn twice')
    events.emit(
      'token',
      { account: app.owner },
      { change: 'issued', app: app.key, account: app.owner, tokenIds: [tokenId] },
    )
    const shown = { tokenId, expiresAt: new Date(expiresAt), expiresInSeconds: parts.accessTokenSeconds, scope }
    return withConcealed(shown, { accessToken })
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

function notTrusted(): AppGrantError {
  return new AppGrantError(
    'app_not_trusted',
    {},
    {
      message: 'the app is not trusted',
      hint: 'It needs the authorization of a user, or apps.setTrusted by the host or an account that may trust apps.',
    },
  )
}

function ownerReplaced(): AppGrantError {
  return accountError(
    'account_blocked',
    "The owner's epoch is not the one the app was given under: regenerate its secret from above, or remove it.",
  )
}
