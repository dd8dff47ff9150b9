import type { Actor } from '../../base/events.ts'
import type { FieldError, FieldErrorCode } from '../../base/field-errors.ts'
import { knownMembers } from '../../base/known-members.ts'
import type { AppLifetimes, AppOrigin } from '../../records/app.ts'
import { type AppFields, FIELDS, REGISTRATION_NAMES } from './app-fields.ts'
import type { PublicJwk } from './app-jwks.ts'

/**
 * A secret as another server stored it. These schemes are built in; any other is checked by the option `verifyLegacySecret`:
 *
 * - `plain`: the secret itself. It is hashed when it is imported, and never stored.
 * - `sha256-hex`, `sha256-base64`, `sha256-base64url`: SHA-256 of the secret without salt, in that encoding.
 */
export interface LegacySecret {
  /** The name of the scheme: 1–64 characters of `A-Za-z0-9._-`. */
  readonly scheme: string
  /**
   * The secret as it was stored, at most 1024 characters. Except in a built-in scheme it must look like a hash: `$name$…`, `{NAME}…` or,
   * as Django writes it, `name$…`. A secret in clear is `plain`.
   */
  readonly text: string
  /** When it was created: a `Date`, or an ISO 8601 text. Default is `createdAt` of the app. */
  readonly createdAt?: Date | string | undefined
}

/** An app of another server, or of another store, to import. What `export` yields with the type `app` is one. */
export interface ImportedApp extends Omit<AppFields, 'homepage' | 'adminEmail'> {
  readonly type?: 'app' | undefined
  /** As in {@link AppFields}. Required unless the app has registered itself. */
  readonly homepage?: string | undefined
  /** As in {@link AppFields}. Required unless the app has registered itself. */
  readonly adminEmail?: string | undefined
  /**
   * The key that the app has there, its `client_id`: 1–255 characters of visible ASCII. Apps and requests go on using it. If it is not
   * a key of this package for that owner, the app gets one as well, under which it is managed.
   */
  readonly key: string
  /** The account that owns the app. */
  readonly owner: string
  /** The owner's epoch when it got its credentials, null if there was none. If the owner has another one, the app is blocked. Default is the current one. */
  readonly epoch?: string | null | undefined
  /** Where the app comes from, as in `App`. Default is none: somebody has registered it for its owner. */
  readonly origin?: AppOrigin | undefined
  /** Whether the app may get tokens with its own credentials alone. Default is false. */
  readonly trusted?: boolean | undefined
  /** Whether the app has no secret. Default is false. */
  readonly public?: boolean | undefined
  /** Whether accounts of other tenants may authorize it. Default is false. */
  readonly published?: boolean | undefined
  /** Its secret in clear, 1–255 characters of printable ASCII. It is hashed, and never stored. */
  readonly secret?: string | undefined
  /** Its secret as it was stored there, or two of them. */
  readonly legacySecret?: LegacySecret | readonly LegacySecret[] | undefined
  /** Public keys with which it authenticates instead of a secret, 1–10. */
  readonly jwks?: readonly PublicJwk[] | undefined
  /** When it was registered: a `Date`, or an ISO 8601 text. Default is now. */
  readonly createdAt?: Date | string | undefined
  /** Present if it is suspended. `by` is the authority that suspended it; default is the host. */
  readonly suspended?: { readonly at?: Date | string | undefined; readonly by?: Actor | undefined } | undefined
  /** The resource whose tokens it may introspect. Default is none. */
  readonly resourceServer?: string | undefined
  /** The day of its last use, as `2026-11-26`. Default is none. */
  readonly lastUsedOn?: string | undefined
  /** In place of the host's lifetimes. */
  readonly lifetimes?: { readonly [Name in keyof AppLifetimes]?: AppLifetimes[Name] | undefined } | undefined
}

/** The members of an app to import. */
export const IMPORTED_APP = knownMembers<ImportedApp>(
  {
    ...FIELDS,
    type: true,
    key: true,
    owner: true,
    epoch: true,
    origin: true,
    trusted: true,
    public: true,
    published: true,
    secret: true,
    legacySecret: true,
    jwks: true,
    createdAt: true,
    suspended: true,
    resourceServer: true,
    lastUsedOn: true,
    lifetimes: true,
  },
  { ...REGISTRATION_NAMES, client_id: 'key', client_secret: 'secret', jwks_uri: 'jwks with the keys themselves' },
)

/** How to import. */
export interface ImportOptions {
  /** Whether everything is checked and reported, and nothing is stored. Default is false. */
  readonly dryRun?: boolean | undefined
  /**
   * The lists of which invalid entries are left out and reported, instead of refusing the app: redirect URLs that are not allowed,
   * scopes that are not in the catalogue. Default is none.
   */
  readonly drop?: readonly ('redirectUrls' | 'scopes')[] | undefined
  /**
   * Is called with the result of every entry, in their order, and waited for: the results of any number of entries need no memory.
   * Default is none.
   */
  readonly onResult?: ((result: ImportResult) => void | Promise<void>) | undefined
}

/** What to export. */
export interface ExportOptions {
  /**
   * Whether secrets and refresh tokens are exported, as the digests that are stored. Without them, apps with secrets cannot be imported
   * again. They are random, so nobody can compute them from a digest; but who can write to the store that they are imported into
   * decides what they open. Default is false.
   */
  readonly digests?: boolean | undefined
}

/** What became of an entry. */
export type ImportOutcome =
  /** It was stored. */
  | 'imported'
  /** The same in a dry run: nothing was stored. */
  | 'would_import'
  /** It was imported before. Nothing was changed. */
  | 'exists'
  /** The owner has as many apps as it may have. Nothing was stored. */
  | 'limit_reached'
  /** Something of it is invalid: `errors` lists all of it. Nothing was stored. */
  | 'refused'

/** Why an entry cannot be imported. The codes are stable, so that programs can branch on them. */
export type ImportErrorCode =
  | FieldErrorCode
  /** Not one of the values, or not in the range, that `expected` says. */
  | 'invalid_value'
  /** The directory knows no such account. */
  | 'unknown_account'
  /** Another app has, or had, this key. */
  | 'key_in_use'
  /** There is no such app: import it first. */
  | 'unknown_app'
  /** The authorization has ended here: it was withdrawn, has expired, or the account has another epoch. Only the account can renew it. */
  | 'install_ended'
  /** Another app or account has this refresh token. */
  | 'token_in_use'
  /** Not a secret in clear: a hash, a placeholder, or a reference to where the secret is. */
  | 'not_a_secret'
  /** Not a hash of a secret in that scheme. It may be the secret itself. */
  | 'not_a_hash'
  /** The scheme is not built in, and there is no option `verifyLegacySecret`. */
  | 'unknown_scheme'

/** What is wrong with one field of an entry. */
export interface ImportError extends Omit<FieldError, 'code'> {
  readonly code: ImportErrorCode
}

/** What became of one entry of an import. It contains no secret. */
export interface ImportResult {
  /** Which entry it is, from 1. */
  readonly entry: number
  readonly type: 'app' | 'install'
  /** The key of the app, as far as the entry has one. */
  readonly key: string
  /** The account of an install, as far as the entry has one. */
  readonly account?: string
  readonly outcome: ImportOutcome
  /** The key under which the app is managed. Absent if the entry was not stored. */
  readonly app?: string
  /** Why it was refused: each field, what is expected and what was received. Empty unless it was. */
  readonly errors: readonly ImportError[]
  /** What was left out of the lists of an app by the option `drop`. */
  readonly dropped: readonly FieldError[]
}

/** How many entries had which outcome. */
export type ImportSummary = { readonly [Outcome in ImportOutcome]: number }
