import type { Actor } from '../../base/events.ts'
import type { ImportResult } from '../apps/imported-app.ts'

/** A refresh token of another server, as that server stored it. It works once, and starts a session. */
export interface LegacyRefreshToken {
  /** `plain`, or how its SHA-256 is encoded. A plain one is hashed when it is imported, and never stored. */
  readonly scheme: 'plain' | 'sha256-hex' | 'sha256-base64' | 'sha256-base64url'
  /** At most 4096 characters. */
  readonly text: string
  /** When it expires: a `Date`, or an ISO 8601 text. Default is after the lifetime of an unused refresh token, which also bounds it. */
  readonly expiresAt?: Date | string | undefined
}

/** That an account authorized an app on another server. What `export` yields with the type `install` is one. */
export interface ImportedInstall {
  readonly type?: 'install' | undefined
  /** The key of an app that was imported, there or here. */
  readonly app: string
  readonly account: string
  /** What was granted. Default is none. What the app has not registered gives nothing. */
  readonly scope?: readonly string[] | undefined
  /** The resources that were granted, of the option `resources`. Default is the first. */
  readonly resources?: readonly string[] | undefined
  /** When the account authorized the app: a `Date`, or an ISO 8601 text. Default is now. */
  readonly installedAt?: Date | string | undefined
  /** When the authorization ends unless it is renewed: a `Date`, or an ISO 8601 text. Default is as if it was approved now. */
  readonly expiresAt?: Date | string | undefined
  /** Who approved it. Default is the account. */
  readonly approvedBy?: Actor | undefined
  /** With the refresh token the app need not send the user here again. For several, repeat the entry. Default is none. */
  readonly refreshToken?: LegacyRefreshToken | undefined
}

/** What became of an install. */
export interface InstallImportResult extends ImportResult {
  /** The app and the account of the entry, as far as they are ones. */
  readonly app: string
  readonly account: string
}
