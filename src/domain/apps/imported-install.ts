import type { Actor } from '../../base/events.ts'
import { knownMembers } from '../../base/known-members.ts'
import type { LiveApp } from '../../records/app.ts'
import type { SessionSignIn } from '../../records/session.ts'
import type { ImportError } from './imported-app.ts'

/** A refresh token of another server, or of another store, as it was stored there. It works once, and starts a session. */
export interface LegacyRefreshToken {
  /** `plain`, or how its SHA-256 is encoded. A plain one is hashed when it is imported, and never stored. */
  readonly scheme: 'plain' | 'sha256-hex' | 'sha256-base64' | 'sha256-base64url'
  /** A plain one has 1–4096 characters of printable ASCII. */
  readonly text: string
  /**
   * When it expires unless it is used: a `Date`, or an ISO 8601 text. Default is after the lifetime of an unused refresh token, which
   * also bounds it.
   */
  readonly expiresAt?: Date | string | undefined
  /** When the user last signed in: a `Date`, or an ISO 8601 text. Default is unknown. */
  readonly authenticatedAt?: Date | string | undefined
  /** How, as for the result of `signIn`. Default is unknown. */
  readonly acr?: string | undefined
  /** The thumbprint of the key that it is bound to, of a public app: its uses need proofs by that key. Default is none. */
  readonly jkt?: string | undefined
}

/**
 * That an account authorized an app on another server, or on another store. What `export` yields with the type `install` is one. The
 * entry of the app comes first.
 */
export interface ImportedInstall {
  readonly type: 'install'
  /** The key that the app has there, as in its own entry, or has here. */
  readonly app: string
  readonly account: string
  /**
   * The account's epoch when it authorized the app, null if there was none. If the account has another one, the authorization has
   * ended. Default is the current one.
   */
  readonly epoch?: string | null | undefined
  /** What was granted. Default is none. What the app has not registered gives nothing. */
  readonly scope?: readonly string[] | undefined
  /** The resources that were granted, of the option `resources`. Default is the first. */
  readonly resources?: readonly string[] | undefined
  /** When the account authorized the app: a `Date`, or an ISO 8601 text. Default is now. */
  readonly installedAt?: Date | string | undefined
  /**
   * When the authorization ends unless it is renewed, and everything under it: a `Date`, or an ISO 8601 text. Default is as if it was
   * approved now, which also bounds it.
   */
  readonly expiresAt?: Date | string | undefined
  /** Who approved it. Default is the account. */
  readonly approvedBy?: Actor | undefined
  /** The day of its last use, as `2026-11-26`. Default is none. */
  readonly lastUsedOn?: string | undefined
  /**
   * With the refresh token the app need not send the user here again. For several, repeat the entry, each with the scope and resources
   * of its token: the install has all of them. Default is none.
   */
  readonly refreshToken?: LegacyRefreshToken | undefined
}

/** The members of an install to import. */
export const IMPORTED_INSTALL = knownMembers<ImportedInstall>(
  {
    type: true,
    app: true,
    account: true,
    epoch: true,
    scope: true,
    resources: true,
    installedAt: true,
    expiresAt: true,
    approvedBy: true,
    lastUsedOn: true,
    refreshToken: true,
  },
  {
    key: 'app',
    client_id: 'app',
    scopes: 'scope',
    audience: 'resources',
    createdAt: 'installedAt',
    refresh_token: 'refreshToken',
  },
)

/** The members of its refresh token. */
export const LEGACY_REFRESH_TOKEN = knownMembers<LegacyRefreshToken>(
  { scheme: true, text: true, expiresAt: true, authenticatedAt: true, acr: true, jkt: true },
  { token: 'text', auth_time: 'authenticatedAt' },
)

/** An entry that was checked. Times are in ms since 1970. */
export interface CheckedInstall {
  readonly account: string
  /** The account's epoch now (ACC-7). */
  readonly epoch: string | undefined
  /** Whether it had another one when it authorized the app. */
  readonly hasEnded: boolean
  readonly scope: readonly string[]
  readonly audience: readonly string[] | undefined
  readonly installedAt: number
  readonly lastUsedDay?: number
  readonly approvedBy: Actor & { readonly account: string }
  /** When it ends at the latest. Undefined if the entry does not say. */
  readonly endsAt: number | undefined
  readonly refreshToken?: CheckedRefreshToken
}

/** Its refresh token. */
export interface CheckedRefreshToken {
  readonly digest: string
  readonly expiresAt: number | undefined
  readonly signIn: SessionSignIn
  readonly jkt?: string
}

/** What became of the install or the app of an entry. */
export interface Imported {
  readonly outcome: 'imported' | 'would_import' | 'exists' | 'limit_reached' | 'refused'
  readonly errors?: readonly ImportError[]
}

/** Stores an install that was checked, with its refresh token; or, for a dry run, says what it would do. */
export type ImportInstall = (
  app: LiveApp,
  install: CheckedInstall,
  options: { readonly isDry: boolean; readonly actor: Actor },
) => Promise<Imported>
