import type { Emitter, EventMap, EventSource } from '../../base/events.ts'
import { knownMembers } from '../../base/known-members.ts'
import { isAppSecretText } from '../../credentials/app-secret-text.ts'
import { digestOf, sameDigest } from '../../credentials/digest.ts'
import { readAnyCredential } from '../../credentials/read-any-credential.ts'
import { appKind, appRef, type StoredApp, secretsOf } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import * as transitions from '../apps/app-transitions.ts'
import { CONTEXT, type RequestContext } from '../apps/authenticate-app.ts'
import type { FindApp } from '../apps/find-app.ts'
import { isCredential } from '../grants/session-credential.ts'
import type { SessionExchange } from '../grants/session-exchange.ts'
import { idInput, objectInput, sourceInput } from '../input/input.ts'
import type { AppOfCredential } from '../registration/app-of-credential.ts'
import type { AccessTokenRevocation } from '../tokens/revoke-access-token.ts'
import { leakUrl } from './leak-url.ts'

/** A credential that was found where it should not be. */
export interface Leak extends RequestContext {
  /** An access token, a code, a refresh token or, together with `key`, the secret of an app. */
  readonly token: string
  /**
   * The key of the app whose secret `token` may be, or the one that it had before it was imported. Default is none: a secret alone
   * does not say whose it is.
   */
  readonly key?: string | undefined
  /** Where it was found, for the event `leak`. Default is none. */
  readonly url?: string | undefined
}

/** What was revoked because it had leaked. */
type Found = Omit<EventMap['leak'], 'url' | keyof EventSource>

/** Revokes exactly what a report presents. @returns whether it was valid until then. */
export type ReportLeak = (leak: Leak) => Promise<boolean>

const LEAK = knownMembers<Leak>(
  { token: true, key: true, url: true, ...CONTEXT },
  {
    app: 'key',
    client_id: 'key',
    secret: 'token',
    client_secret: 'token',
    accessToken: 'token',
    refreshToken: 'token',
  },
)

export function createReportLeak(parts: {
  readonly collection: Collection
  readonly findApp: FindApp
  readonly appOfCredential: AppOfCredential
  readonly sessions: SessionExchange
  readonly accessTokens: AccessTokenRevocation
  readonly events: Emitter
}): ReportLeak {
  const { collection, findApp, appOfCredential, sessions, accessTokens, events } = parts

  return async (input) => {
    const source = sourceInput(objectInput(input, 'leak', LEAK))
    const text = idInput(input.token, 'token')
    const key = input.key === undefined ? undefined : idInput(input.key, 'key')
    const url = input.url === undefined ? undefined : leakUrl(idInput(input.url, 'url'), text)
    const found = (await revokeToken(text, source)) ?? (await giveUpSecret(text, key))
    if (found) events.emit('leak', {}, { ...found, ...(url !== undefined && { url }), ...source })
    return found !== undefined
  }

  /** A text that is not a credential costs no read, and one that was not issued costs no write (ERR-5). */
  async function revokeToken(text: string, source: EventSource): Promise<Found | undefined> {
    const presented = readAnyCredential(text)
    if (!presented) return undefined
    const { parsed, credential } = presented
    if (!('token' in parsed) && !isCredential(parsed)) return undefined
    const presenting = await appOfCredential(parsed)
    if (typeof presenting !== 'object') return undefined
    const { app } = presenting
    if ('token' in parsed) {
      const account = await accessTokens.revoke(app, { parsed, credential }, source)
      return account === undefined ? undefined : { credential: 'accessToken', app: app.key, account }
    }
    const account = await sessions.revoke(app, { credential: parsed, text }, source)
    if (account === undefined) return undefined
    return { credential: parsed.kind === 'ac' ? 'code' : 'refreshToken', app: app.key, account }
  }

  /** The app may be left without a secret: it cannot authenticate before its owner has regenerated one. */
  async function giveUpSecret(text: string, key: string | undefined): Promise<Found | undefined> {
    if (key === undefined || !isAppSecretText(text)) return undefined
    const found = await findApp.find(key)
    if (found?.state !== 'live') return undefined
    const digest = digestOf(text)
    const changed = await collection.write<StoredApp>(appKind, appRef(found.key), (app) => {
      if (app?.state !== 'live') return undefined
      const leaked = secretsOf(app).filter((secret) => 'digest' in secret && sameDigest(secret.digest, digest))
      const [secret] = leaked
      return secret && transitions.removeSecret(app, secret.id)
    })
    if (changed?.state !== 'live') return undefined
    events.emit('app', {}, { change: 'secret_removed', app: found.key })
    return { credential: 'secret', app: found.key, account: changed.owner }
  }
}
