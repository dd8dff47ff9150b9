import type { Background } from '../../base/background.ts'
import type { Emitter } from '../../base/events.ts'
import type { RandomText } from '../../credentials/random.ts'
import type { AppLifetimes } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import type { Page, PageQuery, Pages } from '../../records/pages.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { Scopes } from '../accounts/scopes.ts'
import type { Lifetimes } from '../input/lifetimes.ts'
import type { RedirectPolicy } from '../input/redirect-policy.ts'
import type { Audiences } from '../input/resources.ts'
import type { App, AppCounts, AppStanding } from './app.ts'
import type { AppUpdate, ExpectedFields, NewApp, NewAppWithSecret } from './app-fields.ts'
import type { PublicJwk } from './app-jwks.ts'
import type { IsReservedName } from './fields/reserved-names.ts'
import type { FindApp } from './find-app.ts'
import type { Freeing } from './free-app.ts'
import type { ExportOptions, ImportedApp, ImportOptions, ImportSummary } from './imported-app.ts'
import type { ImportedInstall, ImportInstall } from './imported-install.ts'
import type { RemoveApp } from './remove-app.ts'
import type { Entries } from './run-import.ts'
import type { StoreApp } from './store-app.ts'
import type { VisibleApps } from './visible-apps.ts'

/** A result with a new secret, which no other call ever returns. Only reading the property shows it: inspection and JSON do not. */
export interface WithSecret {
  readonly secret: string
}

/** Which apps to list, and how. */
export interface AppQuery extends PageQuery {
  /** Default is the acting account; with the host's authority, all apps in no particular order. */
  readonly owner?: string | undefined
  /**
   * Which were registered first; only for the apps of an owner. Default is `oldest`. For each page of `newest`, all apps of the owner
   * are read.
   */
  readonly order?: 'oldest' | 'newest' | undefined
  /** Only apps with this in their name, ignoring case. Default is every name. */
  readonly name?: string | undefined
  /** Only apps that are suspended, or that are not. Default is both. */
  readonly suspended?: boolean | undefined
  /** Only apps that are trusted, or that are not. Default is both. */
  readonly trusted?: boolean | undefined
  /** Only apps of this API type. Default is all. */
  readonly apiType?: string | undefined
  /**
   * Only apps that were last issued a token at least this many days ago, 1–3650, by the day in UTC. Of one that never was, the day of
   * its registration counts. Default is all.
   */
  readonly unusedDays?: number | undefined
  /**
   * Whether each app has the members of {@link AppStanding} and the numbers of {@link AppCounts}, which takes two or three more calls of the store for each. They are waited
   * for until the call has taken `timeoutMs`, or a fifth of it more. Default is false.
   */
  readonly counts?: boolean | undefined
}

/**
 * The apps of accounts. Every operation is one atomic write, whose cost does not depend on what the app holds. It is in effect
 * on every node once its promise has resolved; after `outcome_unknown` it may or may not be: repeat it.
 *
 * All methods reject with `store_unavailable`, `outcome_unknown` or `directory_unavailable` if the outcome is not known, and
 * with `account_blocked` if the acting account is blocked. All methods that take an app, except `get` and `remove`, reject with
 * `app_not_found` if there is no such app or the caller may not see it. Trust, secrets and keys do not apply to a public app:
 * their methods reject with `invalid_request`.
 */
export interface AppRegistry {
  /**
   * Registers an app and generates its key and, unless it is public or has its own keys, its secret. The limit of apps per owner
   * is exact under any concurrency. Not idempotent: after `outcome_unknown`, `details.app` is the key, and `remove` settles it. With
   * `once` the call can be repeated instead.
   *
   * @throws {@link AppGrantError} `invalid_fields` with every invalid field; `app_limit_reached`; `already_registered` with the key
   *   as `details.app` if the owner has registered an app with the same `once`; `not_permitted` if the acting account may not
   *   register apps, or not trusted ones; `account_blocked` if the owner is blocked.
   */
  register(app: NewAppWithSecret): Promise<{ readonly app: App } & WithSecret>
  /** The same for any app. `secret` is undefined if the app is public or has keys. */
  register(app: NewApp): Promise<{ readonly app: App; readonly secret: string | undefined }>
  /**
   * Returns undefined if there is no such app or the caller may not see it.
   *
   * @param key - its key, or the one that it had before it was imported. All other methods take its key.
   * @param options - `counts`: whether the app has the members of {@link AppStanding} and {@link AppCounts}. Default is false.
   */
  get(key: string, options: { readonly counts: true }): Promise<(App & AppCounts & AppStanding) | undefined>
  /** The same without the numbers. */
  get(key: string, options?: { readonly counts?: boolean | undefined }): Promise<App | undefined>
  /**
   * Lists apps. If only some are asked for, at most 1000 are looked at: the page may be short, even empty, and have a `nextCursor`.
   *
   * @throws {@link AppGrantError} `app_not_found` if the caller may not see the owner's apps; `invalid_cursor`.
   */
  list(query: AppQuery & { readonly counts: true }): Promise<Page<App & AppCounts & AppStanding>>
  /** The same without the numbers. */
  list(query?: AppQuery): Promise<Page<App>>
  /**
   * Changes the given fields; an empty string clears an optional field. The owner of an app never changes, because its key
   * depends on it, and trust, keys and secrets have methods of their own.
   *
   * @param options - `expected`: the fields as the caller has read them; only if those are unchanged when the update is written, or
   *   have the new values already, is it done. Without it, the last of two updates wins.
   * @throws {@link AppGrantError} `invalid_fields` with every invalid field; `conflict` with `details.changed`, the names of the
   *   fields that are not as `expected`; `not_permitted` if the acting account may not register apps of the new API type;
   *   `suspended_above` if a higher authority has suspended the app, so that it is found again
   *   under the name by which it was suspended.
   */
  update(key: string, change: AppUpdate, options?: { readonly expected?: ExpectedFields | undefined }): Promise<App>
  /** Sets whether the app is trusted; clearing it revokes the app's own tokens. Rejects with `not_permitted` without `mayTrustApps`. */
  setTrusted(key: string, trusted: boolean): Promise<App>
  /** Sets whether accounts of other tenants may authorize the app. Rejects with `not_permitted` without the host's authority. */
  setPublished(key: string, published: boolean): Promise<App>
  /**
   * Makes the app the server of one of the platform's resources: at /introspect it sees the access tokens of all apps that are
   * for this resource. Undefined reverts this.
   *
   * @throws {@link AppGrantError} `not_permitted` without the host's authority; `invalid_target` if tokens are not issued for
   *   the resource; `invalid_request` for a public app, which has no credentials to authenticate with.
   * @see [RFC 7662 - OAuth 2.0 Token Introspection](https://www.rfc-editor.org/rfc/rfc7662.html#section-2)
   */
  setResourceServer(key: string, identifier: string | undefined): Promise<App>
  /**
   * Sets lifetimes for the app in place of the host's; null or undefined reverts this. Those that are not given are the host's.
   * They apply to every token issued from then on. The absolute end of a session was fixed when it was approved.
   *
   * @throws {@link AppGrantError} `not_permitted` without the host's authority; `invalid_request` if one is out of its range, or
   *   if not accessTokenSeconds ≤ refreshIdleSeconds ≤ refreshAbsoluteSeconds.
   */
  setLifetimes(
    key: string,
    lifetimes: { readonly [Name in keyof AppLifetimes]?: AppLifetimes[Name] | undefined } | null | undefined,
  ): Promise<App>
  /** Makes everything the app holds unusable, but still expiring, until resumed. A higher authority replaces the suspension. */
  suspend(key: string): Promise<App>
  /** Ends a suspension. @throws {@link AppGrantError} `suspended_above` if a higher authority suspended the app. */
  resume(key: string): Promise<App>
  /**
   * Replaces all secrets and keys with one new secret, and revokes every token, code and session of the app.
   *
   * @param options - `replaces`: the id of a secret, or the `kid` of a key, that the app must still have, so that of two calls only
   *   the first replaces it. Default is to replace whatever it has.
   * @throws {@link AppGrantError} `secret_not_found` if it does not have that secret or key any more: nothing was revoked.
   */
  regenerateSecret(
    key: string,
    options?: { readonly replaces?: string | undefined },
  ): Promise<{ readonly app: App } & WithSecret>
  /**
   * Adds a second secret, so that the first can be removed once it is no longer in use; tokens are kept. Not idempotent: after
   * `outcome_unknown`, `details.secretId` is its id, and `removeSecret` settles it, even if it rejects with `secret_not_found`.
   *
   * @throws {@link AppGrantError} `secret_limit_reached` if the app has two; `invalid_request` if it has keys.
   */
  addSecret(key: string): Promise<{ readonly app: App; readonly secretId: string } & WithSecret>
  /** Removes one of two secrets; tokens are kept. Rejects with `secret_not_found`, or with `invalid_request` for the only one. */
  removeSecret(target: { readonly app: string; readonly secretId: string }): Promise<App>
  /**
   * Replaces all secrets and keys with public keys, and revokes every token, code and session of the app. From then on the app
   * authenticates only with assertions signed by one of these keys.
   *
   * @throws {@link AppGrantError} `invalid_fields` with every error of the keys.
   * @see [RFC 7523 - JWT Profile for OAuth 2.0 Client Authentication](https://www.rfc-editor.org/rfc/rfc7523.html#section-2.2)
   */
  replaceJwks(key: string, jwks: readonly PublicJwk[]): Promise<App>
  /** Revokes every token, code and session of the app; its secrets and keys are kept. */
  revokeTokens(key: string): Promise<App>
  /**
   * Imports apps of another server, or of another store, with the keys and secrets that they have, and what accounts have authorized
   * them to do, with their refresh tokens. An entry that was imported before is left as it is, so the call can be repeated, also after
   * a failure of the store, with which it rejects. What has ended here does not come back. If the apps are to be removed again, that is
   * done one by one.
   *
   * @param entries - a list, or any iterable, also an asynchronous one: of any number of entries, some at a time are in memory. An app
   *   comes before its installs.
   * @returns how many entries had which outcome. `onResult` gets them one by one.
   * @throws {@link AppGrantError} `not_permitted` without the host's authority. What is wrong with an entry is in its result.
   */
  import(entries: Entries<ImportedApp | ImportedInstall>, options?: ImportOptions): Promise<ImportSummary>
  /**
   * Exports all apps, then what accounts have authorized them to do: entries for `import`, as plain objects that are JSON. An app keeps
   * its key, and with `digests` its secrets, and its sessions go on with the refresh tokens that they have. Access tokens, codes and
   * what is about to be decided are not exported.
   *
   * The entries are read while they are iterated over, some at a time: what changes meanwhile is exported as it was or as it is. If the
   * store fails, the iteration rejects.
   *
   * @returns the entries, when the call resolves and before any was read.
   * @throws {@link AppGrantError} `not_permitted` without the host's authority.
   */
  export(options?: ExportOptions): Promise<AsyncIterable<ImportedApp | ImportedInstall>>
  /**
   * Removes the app and everything it holds; what that took in the store is freed some seconds later. Returns false if there was no such app or
   * the caller may not see it.
   */
  remove(key: string): Promise<boolean>
}

export interface RegistryParts {
  readonly collection: Collection
  readonly pages: Pages
  readonly visibleApps: VisibleApps
  readonly accounts: Accounts
  readonly audiences: Audiences
  readonly events: Emitter
  readonly random: RandomText
  readonly clock: () => number
  readonly timeoutMs: number
  /** Returns a new random stamp. */
  readonly stamp: () => string
  readonly appsPerOwner: number
  readonly storeApp: StoreApp
  readonly findApp: FindApp
  readonly importInstall: ImportInstall
  readonly issuer: string | undefined
  readonly scopes: Scopes
  readonly redirects: RedirectPolicy
  readonly isReservedName: IsReservedName
  /** Whether tokens can be bound to a key. */
  readonly bindsKeys: boolean
  readonly removeApp: RemoveApp
  readonly freeing: Freeing
  readonly background: Background
  readonly lifetimes: Lifetimes
  /** Whether there is a function that checks secrets which another server has hashed. */
  readonly verifiesLegacySecrets: boolean
}
