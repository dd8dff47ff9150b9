import type { Actor } from '../../base/events.ts'
import type { AppJwk } from '../../credentials/jwt/app-jwk.ts'
import { type AppLifetimes, type AppOrigin, isPublic, jwksOf, type LiveApp, secretsOf } from '../../records/app.ts'
import type { AppFields } from './app-fields.ts'

/** A registered app as it was when it was read. It contains no secret. */
export interface App extends Pick<AppFields, 'name'> {
  /** As in {@link AppFields}. Absent only for an app that has registered itself and has none. */
  readonly homepage?: string
  /** As in {@link AppFields}. Absent only for an app that has registered itself. */
  readonly adminEmail?: string
  /** Absent if it has none. */
  readonly description?: string
  /** https URL of an image. Absent if it has none. */
  readonly image?: string
  /** `+` and digits. Absent if it has none. */
  readonly adminPhone?: string
  /** Where authorization responses may be sent. */
  readonly redirectUrls: readonly string[]
  /** The scopes it may request. */
  readonly scopes: readonly string[]
  /** The API type it is made for. Absent if it has none. */
  readonly apiType?: string
  /** Whether it gets only access tokens that are bound to a key. Absent for other apps. */
  readonly dpopBoundAccessTokens?: true
  /** The `client_id` of RFC 6749 unless it has an `importedKey`: 32 characters, not secret. */
  readonly key: string
  /** The key that it had before it was imported, which apps and requests go on using. Absent if it has always had `key`. */
  readonly importedKey?: string
  readonly owner: string
  /** Whether it may get tokens for its owner with its own credentials alone. */
  readonly trusted: boolean
  /** Whether it has no secret because it cannot keep one. */
  readonly public: boolean
  /** Whether accounts of other tenants may authorize it. */
  readonly published: boolean
  /** The resource it serves: it may introspect the tokens for this resource. Absent for other apps. */
  readonly resourceServer?: string
  /** The lifetimes that the host set for it. Absent if it has those of the host. */
  readonly lifetimes?: AppLifetimes
  /** Where the app comes from. Absent if its owner, an account above or the host registered it. */
  readonly origin?: AppOrigin
  readonly createdAt: Date
  /** The homepage in ASCII. Absent if there is none. */
  readonly homepageAscii?: string
  /** The e-mail address in ASCII. Absent if there is none. */
  readonly adminEmailAscii?: string
  /** Absent unless the app is suspended. `by` is the highest authority that suspended it. */
  readonly suspended?: { readonly at: Date; readonly by: Actor }
  /** The day on which it was last issued a token, in UTC, as `2026-11-26`. Absent if it never was. Noted some seconds later. */
  readonly lastUsedOn?: string
  /**
   * The ids and creation times of its secrets, at most two. `legacyScheme`: how another server has hashed it, until its first use here.
   */
  readonly secrets: readonly { readonly id: string; readonly createdAt: Date; readonly legacyScheme?: string }[]
  /** The public keys with which it authenticates instead of a secret; empty for other apps. */
  readonly jwks: readonly AppJwk[]
}

/** What an app holds at the moment. A number is absent, and never 0, if the store or the directory did not say it in time. */
export interface AppCounts {
  /** How many accounts authorize it. */
  readonly instances?: number
  /** How many live access tokens it has for its owner. */
  readonly liveTokens?: number
}

/** What the caller may do with an app at the moment, as far as that is not what it may do with every app. */
export interface AppStanding {
  /** Only if the app is suspended: whether the caller may resume it. If not, it may not change its fields either. */
  readonly mayResume?: boolean
  /**
   * Present if the directory names another epoch for the owner than when the app was registered: nothing of it works until its secret
   * is regenerated from above, or it is removed. Absent if all apps are listed.
   */
  readonly ownerReplaced?: true
}

export function appView(app: LiveApp): App {
  const { foldedName: _, ...fields } = app.fields
  return {
    ...fields,
    key: app.key,
    ...(app.importedKey !== undefined && { importedKey: app.importedKey }),
    owner: app.owner,
    trusted: app.trusted,
    public: isPublic(app),
    published: app.published,
    ...(app.resourceServer !== undefined && { resourceServer: app.resourceServer }),
    ...(app.lifetimes && { lifetimes: app.lifetimes }),
    ...(app.origin && { origin: app.origin }),
    createdAt: new Date(app.createdAt),
    ...(app.suspended && { suspended: { at: new Date(app.suspended.at), by: app.suspended.by } }),
    ...dayOfUse(app),
    secrets: secretsOf(app).map((secret) => ({
      id: secret.id,
      createdAt: new Date(secret.createdAt),
      ...('legacy' in secret && { legacyScheme: secret.legacy.scheme }),
    })),
    jwks: jwksOf(app),
  }
}

const DAY_MS = 86_400_000

/** The day of the last use of an app or install. */
export function dayOfUse({ lastUsedDay }: { readonly lastUsedDay?: number }): { readonly lastUsedOn?: string } {
  return lastUsedDay === undefined ? {} : { lastUsedOn: new Date(lastUsedDay * DAY_MS).toISOString().slice(0, 10) }
}

/** How many days ago the last use was or, without one, the registration. */
export function daysUnused({ lastUsedDay, createdAt }: LiveApp, now: number): number {
  return Math.floor(now / DAY_MS) - (lastUsedDay ?? Math.floor(createdAt / DAY_MS))
}
