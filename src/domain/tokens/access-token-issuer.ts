import type { Emitter, EventSource } from '../../base/events.ts'
import { partitionOfKey } from '../../credentials/app-key.ts'
import { digestOf } from '../../credentials/digest.ts'
import type { TokenFields, TokenFormat } from '../../credentials/token-format.ts'
import { appRef, type LiveApp } from '../../records/app.ts'
import { type Collection, hasExpired } from '../../records/collection.ts'
import type { LiveInstall } from '../../records/install.ts'
import { type OpenSession, userAuthenticationOf } from '../../records/session.ts'
import {
  appOnlyTokens,
  type LiveToken,
  type StoredToken,
  stampsOfToken,
  tokenKind,
  tokenRef,
  userTokens,
} from '../../records/token.ts'
import type { Audiences } from '../input/resources.ts'
import type { IssueLimits } from './issue-limits.ts'
import type { SignedTokens } from './signed-tokens.ts'
import { accessApp } from './token-claims.ts'
import type { Usage } from './usage.ts'

/** Issued tokens. Only reading the properties shows them: inspection and JSON do not. */
export interface TokenResponse {
  readonly accessToken: string
  readonly tokenId: string
  readonly expiresAt: Date
  readonly expiresInSeconds: number
  readonly scope: readonly string[]
  /** Undefined for an app-only token. */
  readonly refreshToken: string | undefined
  /** `DPoP` if the access token is bound to the key of a proof. */
  readonly tokenType: 'Bearer' | 'DPoP'
}

/**
 * Private fields with getters on the prototype, so that neither `util.inspect` with `showHidden`, nor JSON, nor a copy shows the
 * tokens. `util.inspect` prints the name of the class.
 */
class ConcealedTokenResponse implements TokenResponse {
  readonly tokenId: string
  readonly expiresAt: Date
  readonly expiresInSeconds: number
  readonly scope: readonly string[]
  readonly tokenType: TokenResponse['tokenType']
  readonly #accessToken: string
  readonly #refreshToken: string | undefined

  constructor(shown: Omit<TokenResponse, 'accessToken' | 'refreshToken'>, accessToken: string, refreshToken?: string) {
    this.tokenId = shown.tokenId
    this.expiresAt = shown.expiresAt
    this.expiresInSeconds = shown.expiresInSeconds
    this.scope = shown.scope
    this.tokenType = shown.tokenType
    this.#accessToken = accessToken
    this.#refreshToken = refreshToken
  }
  get accessToken(): string {
    return this.#accessToken
  }
  get refreshToken(): string | undefined {
    return this.#refreshToken
  }
}
Object.defineProperty(ConcealedTokenResponse, 'name', { value: 'TokenResponse' })

/** The properties of an access token to issue. */
export interface TokenPlan {
  readonly app: LiveApp
  /** Stores the token only if the app is still at this revision. Default is to store it in any case. */
  readonly appRevision?: string | undefined
  /** What a user's token depends on. Absent for an app-only token. */
  readonly user?: UserTokenPlan
  readonly scope: readonly string[]
  readonly audience?: readonly string[] | undefined
  /** The thumbprint of the key to bind the token to. Default is none: a bearer token. */
  readonly jkt?: string | undefined
  readonly userAgent?: string | undefined
  readonly issuedAt: number
  readonly expiresAt: number
}

/** The install and the session of a user's token, and the stage that makes the token valid. */
export interface UserTokenPlan {
  readonly install: LiveInstall
  readonly session: OpenSession
  readonly stage: number
}

/** A stored access token. */
export interface StoredAccessToken {
  readonly text: string
  readonly id: string
  readonly expiresAt: number
}

/** The parts of an access token. */
export type AccessTokenFields =
  | ({ readonly kind: 'at' } & TokenFields<'at'>)
  | ({ readonly kind: 'ut' } & TokenFields<'ut'>)

/** Issues access tokens of both kinds, signed if there are keys. */
export interface AccessTokenIssuer {
  /** Whether they are signed. The text of a signed token differs each time it is written. */
  readonly areSigned: boolean
  /**
   * Stores the token. If an earlier attempt has stored it already, returns that one. Returns undefined if that one is no longer
   * valid, or if the app is no longer at `appRevision`. The stamps are those of the app and the install as they were read: if an
   * operation has replaced them meanwhile, the token is never valid (REV-4).
   */
  issue(token: AccessTokenFields, plan: TokenPlan): Promise<StoredAccessToken | undefined>
  /** Rejects with `limit_reached` if the app may get no further token for that account now (APP-14). */
  assertMayIssue(app: LiveApp, install?: LiveInstall): Promise<void> | undefined
  /** The response for a stored token. `at`: the time `expiresInSeconds` is relative to. */
  toResponse(
    token: StoredAccessToken,
    response: {
      readonly scope: readonly string[]
      readonly refreshToken?: string
      readonly jkt: string | undefined
      readonly at: number
    },
  ): TokenResponse
  /** Emits the event for an issued token, and notes the use of the app and the install. */
  emitIssued(
    token: Pick<StoredAccessToken, 'id'>,
    holder: { readonly app: LiveApp; readonly install?: LiveInstall; readonly source: EventSource },
  ): void
}

export function createAccessTokenIssuer(parts: {
  readonly collection: Collection
  readonly format: TokenFormat
  readonly signed: SignedTokens | undefined
  readonly audiences: Audiences
  readonly issueLimits: IssueLimits
  readonly usage: Usage
  readonly events: Emitter
  readonly clock: () => number
}): AccessTokenIssuer {
  const { collection, format, signed, audiences, events, clock } = parts

  return {
    areSigned: signed !== undefined,
    assertMayIssue: parts.issueLimits.assertMayIssue,
    async issue(fields, plan) {
      const { app, user, audience } = plan
      const credential = credentialOf(fields)
      const { group } = user ? userTokens(app, user.install) : appOnlyTokens(app)
      const token: { -readonly [Name in keyof LiveToken]: LiveToken[Name] } = {
        state: 'live',
        partition: partitionOfKey(app.key),
        id: fields.token,
        digest: digestOf(credential),
        group,
        issuedAt: plan.issuedAt,
        expiresAt: plan.expiresAt,
        scope: plan.scope,
      }
      if (audience) token.audience = audience
      if (plan.jkt !== undefined) token.jkt = plan.jkt
      if (plan.userAgent !== undefined) token.userAgent = plan.userAgent
      if (user) {
        token.session = user.session.id
        token.stage = user.stage
      }
      const text = signed ? await sign(signed, token) : credential
      const { appRevision } = plan
      const options = appRevision === undefined ? {} : { onlyIf: { ref: appRef(app.key), revision: appRevision } }
      const inserted = await collection.insert<StoredToken>(tokenKind, token, options)
      if (inserted === 'inserted') return { text, id: token.id, expiresAt: token.expiresAt }
      if (inserted === 'stale') return undefined
      const [found] = await collection.get([tokenRef(fields)])
      const stored = found && !hasExpired(found, clock()) ? tokenKind.unpack(found) : undefined
      const isUsable = stored?.state === 'live' && stored.digest === token.digest && stored.group === group
      if (!isUsable) return undefined
      // The stored token may have been issued at another time, so its own times are used.
      return { text: signed ? await sign(signed, stored) : text, id: stored.id, expiresAt: stored.expiresAt }

      function sign({ write }: SignedTokens, stored: LiveToken): Promise<string> {
        const { id, audience, scope, issuedAt, expiresAt, jkt } = stored
        const [kind, account] = user ? (['user', user.install.account] as const) : (['app', app.owner] as const)
        const claimed = {
          kind,
          app: accessApp(app),
          account,
          audience: audiences.of(audience),
          scope,
          tokenId: id,
          issuedAt,
          expiresAt,
          ...(jkt !== undefined && { jkt }),
          ...(user?.session.signIn && userAuthenticationOf(user.session.signIn)),
        }
        return write(credential, claimed, () => stampsOfToken(stored, app, user?.install))
      }
    },
    toResponse({ text, id, expiresAt }, { scope, refreshToken, jkt, at }) {
      const expiresInSeconds = Math.max(0, Math.floor((expiresAt - at) / 1000))
      const tokenType = jkt === undefined ? 'Bearer' : 'DPoP'
      const shown = { tokenId: id, expiresAt: new Date(expiresAt), expiresInSeconds, scope, tokenType } as const
      return new ConcealedTokenResponse(shown, text, refreshToken)
    },
    emitIssued({ id }, { app, install, source }) {
      const account = install?.account ?? app.owner
      parts.usage.note(app, install)
      events.emit('token', {}, { change: 'issued', app: app.key, account, tokenIds: [id], ...source })
    },
  }

  /** The text whose digest is stored: an opaque token itself, or the credential embedded in a signed one. */
  function credentialOf(fields: AccessTokenFields): string {
    if (fields.kind === 'at') return format.write(signed ? 'as' : 'at', fields)
    return format.write(signed ? 'us' : 'ut', fields)
  }
}
