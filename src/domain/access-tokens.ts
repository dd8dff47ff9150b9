import type { Emitter } from '../base/events.ts'
import { partitionOfKey } from '../credentials/app-key.ts'
import { withConcealed } from '../credentials/concealed.ts'
import { digestOf } from '../credentials/digest.ts'
import type { TokenFields, TokenFormat } from '../credentials/token-format.ts'
import type { LiveApp } from '../records/app.ts'
import { type Collection, hasExpired } from '../records/collection.ts'
import type { LiveInstall } from '../records/install.ts'
import { appOnlyTokens, type StoredToken, tokenKind, tokenRef, userTokens } from '../records/token.ts'

/** A token was made. Tokens are read by name and shown by no inspection or JSON. */
export interface Granted {
  readonly accessToken: string
  readonly tokenId: string
  readonly expiresAt: Date
  readonly expiresInSeconds: number
  readonly scope: readonly string[]
  /** Absent for an app-only token. */
  readonly refreshToken?: string
}

/** What a new access token is to be. */
export interface TokenPlan {
  readonly app: LiveApp
  /** Of a user's token. */
  readonly install?: LiveInstall
  readonly stage?: number
  readonly scope: readonly string[]
  readonly userAgent?: string
  readonly issuedAt: number
  readonly expiresAt: number
}

/** An access token that is stored. */
export interface StoredAccessToken {
  readonly text: string
  readonly id: string
  readonly expiresAt: number
}

/** An access token, taken apart. */
export type AccessTokenFields =
  | ({ readonly kind: 'at' } & TokenFields<'at'>)
  | ({ readonly kind: 'ut' } & TokenFields<'ut'>)

/** Makes access tokens of both kinds. */
export interface AccessTokens {
  /**
   * Stores the token. Where it is stored already, by an attempt with the same outcome, that one counts; undefined where that
   * one can no longer be used. The stamps are those of the app and the install as they were read: after an act meanwhile, the
   * token is born dead (REV-4).
   */
  store(token: AccessTokenFields, plan: TokenPlan): Promise<StoredAccessToken | undefined>
  /** The answer for a stored token. `at`: the time by which what is left of its life is told. */
  granted(
    token: StoredAccessToken,
    answer: { readonly scope: readonly string[]; readonly refreshToken?: string; readonly at: number },
  ): Granted
  /** Says that a token was made. */
  announce(token: StoredAccessToken, of: { readonly app: LiveApp; readonly account: string }): void
}

export function createAccessTokens(parts: {
  readonly collection: Collection
  readonly format: TokenFormat
  readonly events: Emitter
  readonly clock: () => number
}): AccessTokens {
  const { collection, format, events, clock } = parts

  return {
    async store(fields, { app, install, ...plan }) {
      const text = fields.kind === 'at' ? format.write('at', fields) : format.write('ut', fields)
      const { group } = install ? userTokens(app, install) : appOnlyTokens(app)
      const token: StoredToken = {
        state: 'live',
        partition: partitionOfKey(app.key),
        id: fields.token,
        digest: digestOf(text),
        group,
        ...plan,
      }
      if ((await collection.insert<StoredToken>(tokenKind, token)) === 'inserted')
        return { text, id: token.id, expiresAt: token.expiresAt }
      const [found] = await collection.get([tokenRef(fields)])
      const there = found && !hasExpired(found, clock()) ? tokenKind.unpack(found) : undefined
      const isUsable = there?.state === 'live' && there.digest === token.digest && there.group === group
      return isUsable ? { text, id: there.id, expiresAt: there.expiresAt } : undefined
    },
    granted({ text, id, expiresAt }, { scope, refreshToken, at }) {
      const expiresInSeconds = Math.max(0, Math.floor((expiresAt - at) / 1000))
      const shown = { tokenId: id, expiresAt: new Date(expiresAt), expiresInSeconds, scope }
      return withConcealed(shown, { accessToken: text, ...(refreshToken !== undefined && { refreshToken }) })
    },
    announce({ id }, { app, account }) {
      events.emit('token', { account }, { change: 'issued', app: app.key, account, tokenIds: [id] })
    },
  }
}
