/** What a field of a submission failed by. */
export interface FieldError {
  /** The name the caller used, e.g. `redirectUrls[1]`. */
  readonly field: string
  /** Stable, for programs. */
  readonly code: string
  /** What would have been accepted, in words; for a redirect URL the canonical form. */
  readonly expected: string
  /** What came instead, shortened. */
  readonly received: string
}

/** Every error code and what its error carries in `details`. */
export interface ErrorDetails {
  /** Fields of a submission break their rules; all of them are named together. */
  invalid_fields: { readonly fields: readonly FieldError[] }
  /** The owner has as many apps as it may. */
  app_limit_reached: { readonly owner: string; readonly limit: number }
  /** Too many failed authentications from this address: wait. */
  too_many_failures: { readonly retryAfterSeconds: number }
  /** No such app, or none that this account may see. */
  app_not_found: Record<never, never>
  /** The app never had a secret of this id. */
  secret_not_found: Record<never, never>
  /** The app already has two secrets. */
  secret_limit_reached: Record<never, never>
  /** The cursor was not made by this list. */
  invalid_cursor: Record<never, never>
  /** The account may not do this, or may not use apps. */
  not_permitted: Record<never, never>
  /** The app was suspended by an account above, or by the host: only there can it be resumed. */
  suspended_above: Record<never, never>
  /** Unknown app, wrong secret, or none. */
  app_authentication_failed: Record<never, never>
  /** Only a trusted app may get a token from its key and secret alone. */
  app_not_trusted: Record<never, never>
  /** The app is suspended. */
  app_suspended: Record<never, never>
  /** The account, or one above it, is blocked or gone. */
  account_blocked: Record<never, never>
  /** A parameter is missing, repeated, too long or of the wrong type. */
  invalid_request: Record<never, never>
  /** The redirect URL is not one of the app's. */
  invalid_redirect: Record<never, never>
  /** The scope is malformed or beyond what the app registered. */
  invalid_scope: Record<never, never>
  /** The resource is none of those that tokens are for, or was not granted. */
  invalid_target: Record<never, never>
  /** The code is unknown, expired, used, or not this app's. */
  invalid_code: Record<never, never>
  /** The refresh token is unknown, expired, used, or not this app's. */
  invalid_refresh_token: Record<never, never>
  /** A token of another app was given to be revoked. */
  foreign_token: Record<never, never>
  /** The ticket of a consent question is unknown, expired, used, or another account's. */
  invalid_ticket: Record<never, never>
  /** Too many writers changed the same record: repeat the call. */
  conflict: Record<never, never>
  /** Of `appgrant/resource`: the issuer did not answer, or not as it should; nothing was decided. */
  issuer_unavailable: Record<never, never>
  /** The store did not answer, or refused; nothing was written. */
  store_unavailable: Record<never, never>
  /** The store did not confirm the write: it may or may not be done. Repeat the call; for a registration `app` is its key. */
  outcome_unknown: { readonly app?: string; readonly secretId?: string }
  /** The host's account directory did not answer. */
  directory_unavailable: Record<never, never>
  /** The key did not sign, or what it gave does not fit its public part. */
  signing_unavailable: Record<never, never>
}

/** The closed set of codes of {@link AppGrantError}. */
export type ErrorCode = keyof ErrorDetails

const MARK = Symbol.for('appgrant.AppGrantError')

/**
 * The one error class. `message` may reach a client, `hint` tells the operator the fix, `cause` keeps the original.
 * No secret stands in any of them. Recognise it by {@link isAppGrantError}, not by `instanceof`.
 */
export class AppGrantError<C extends ErrorCode = ErrorCode> extends Error {
  readonly code: C
  readonly details: ErrorDetails[C]
  readonly hint: string

  constructor(
    code: C,
    details: ErrorDetails[C],
    options: { readonly message?: string; readonly hint?: string; readonly cause?: unknown } = {},
  ) {
    super(options.message ?? code, options.cause === undefined ? {} : { cause: options.cause })
    this.name = 'AppGrantError'
    this.code = code
    this.details = details
    this.hint = options.hint ?? ''
    Object.defineProperty(this, MARK, { value: true })
  }
}

/** Whether `error` is an {@link AppGrantError} with one of `codes`, or with any where none is named. */
export function isAppGrantError<C extends ErrorCode = ErrorCode>(
  error: unknown,
  ...codes: readonly C[]
): error is AppGrantError<C> {
  if (!(error instanceof Error) || !(MARK in error)) return false
  return codes.length === 0 || codes.some((code) => 'code' in error && error.code === code)
}
