import { describeValue } from './describe-value.ts'
import type { FieldError } from './field-errors.ts'

/** Why an access token is not valid. */
export type VerifyFailureReason =
  /** It is not an access token of this platform: another text, or one that was cut short. */
  | 'malformed'
  /** It was made up, or its record has been dropped since it expired. */
  | 'unknown'
  | 'expired'
  /** It, its session, its install or the credentials of its app were revoked, or its account has another epoch. */
  | 'revoked'
  /** It is for other resources. */
  | 'other_audience'
  /** It is bound to a key, and the caller does not check a proof by that key. */
  | 'proof_required'
  | 'app_removed'
  | 'app_suspended'
  /** Its account, or the owner of its app, is blocked or does not exist. */
  | 'account_blocked'
  /** Its account, or the owner of its app, may not use the app. */
  | 'not_permitted'

/** Every error code, and the `details` its errors have. */
export interface ErrorDetails {
  /** One or more fields are invalid. All of them are listed. */
  invalid_fields: { readonly fields: readonly FieldError[] }
  /** The owner has reached its limit of apps. */
  app_limit_reached: { readonly owner: string; readonly limit: number }
  /** The owner has registered an app with the same `once`; it may have been removed since. Nothing was registered. */
  already_registered: { readonly app: string }
  /** Too many failed authentications, or used codes and refresh tokens, from this address. Wait before the next attempt. */
  too_many_failures: { readonly retryAfterSeconds: number }
  /**
   * One of the options `limits` is reached, or too many verifiers read the revocation feed. Nothing was stored: wait before the next
   * attempt.
   */
  limit_reached: {
    readonly limit:
      | 'tokensPerAccount'
      | 'issuesPerSecond'
      | 'consentRequestsPerAccount'
      | 'userCodesPerHour'
      | 'changesPerMinute'
      | 'feedReaders'
    readonly retryAfterSeconds: number
  }
  /** There is no such app, or the caller may not see it. */
  app_not_found: Record<never, never>
  /** The app has no secret with this id. */
  secret_not_found: Record<never, never>
  /** The app already has two secrets. */
  secret_limit_reached: Record<never, never>
  /** The cursor was not returned by this list. */
  invalid_cursor: Record<never, never>
  /** The account may not do this, or may not use the app. */
  not_permitted: Record<never, never>
  /** A higher account, or the host, suspended the app: only that authority, or one above it, can resume it or change its fields. */
  suspended_above: Record<never, never>
  /** The app is unknown, or its credentials are wrong or missing. */
  app_authentication_failed: Record<never, never>
  /** Only a trusted app may get a token with its own credentials alone. */
  app_not_trusted: Record<never, never>
  /** The app is suspended. */
  app_suspended: Record<never, never>
  /**
   * The DPoP proof is missing, or not valid for this request, or not by the key that the code, the session or the token is bound to.
   * Nothing was consumed.
   */
  invalid_dpop_proof: Record<never, never>
  /** The DPoP proof must contain this nonce. Nothing was consumed: repeat the request with a new proof. */
  dpop_nonce_required: { readonly nonce: string }
  /** The account or one of its ancestors is blocked, or the account does not exist. */
  account_blocked: Record<never, never>
  /** A parameter is missing, repeated, too long or of the wrong type, or the operation does not apply to this app. */
  invalid_request: Record<never, never>
  /** The redirect URL is not one that the app registered. */
  invalid_redirect: Record<never, never>
  /** The scope is malformed, or nothing of it is registered by the app, granted and in the scope catalogue. */
  invalid_scope: Record<never, never>
  /** Tokens are not issued for the resource, or it was not granted. */
  invalid_target: Record<never, never>
  /** The code is unknown, expired, used or revoked, or belongs to another app, redirect URL or PKCE verifier. */
  invalid_code: Record<never, never>
  /** The refresh token is unknown, expired, used or revoked, or belongs to another app. */
  invalid_refresh_token: Record<never, never>
  /** The user has not decided about the device yet: poll again after the interval. */
  authorization_pending: Record<never, never>
  /** The device polls too often: nothing was looked up. It must wait so long between two polls from now on. */
  slow_down: { readonly retryAfterSeconds: number }
  /** The user has denied the request of the device, or two devices show the same user code. */
  access_denied: Record<never, never>
  /** The device code has expired. */
  expired_device_code: Record<never, never>
  /** The device code is unknown, used or revoked, or belongs to another app. */
  invalid_device_code: Record<never, never>
  /** The user code is mistyped, or cannot be used: another account or login has entered it, it was decided about, two devices show it, or it has expired. */
  invalid_user_code: Record<never, never>
  /** The access token is not valid; `reason` is for the host only. */
  invalid_token: { readonly reason: VerifyFailureReason }
  /** The token to revoke belongs to another app. */
  foreign_token: Record<never, never>
  /** The ticket of a consent request is unknown, expired or used, or belongs to another account or login. */
  invalid_ticket: Record<never, never>
  /**
   * Others changed the same record first, and nothing was written. If `changed` names fields of an app, they are not as `expected`.
   * Otherwise there were too many concurrent writers: repeat the call.
   */
  conflict: { readonly changed?: readonly string[] }
  /** From `appgrant/resource`: the issuer did not respond, or its response was invalid. Nothing was decided. */
  issuer_unavailable: Record<never, never>
  /** The store did not respond, or rejected the call. Nothing was written. */
  store_unavailable: Record<never, never>
  /**
   * The store did not confirm the write, which may or may not have happened. Repeat the call; if it is not idempotent, `app` or
   * `secretId` is the id of what may exist now.
   */
  outcome_unknown: { readonly app?: string; readonly secretId?: string }
  /**
   * `receipt` was told to stop waiting. What was revoked stays revoked, and services of the resource servers `apps`, or cached
   * acceptances if there are none, may accept it until then at the latest.
   */
  revocation_unconfirmed: { readonly apps: readonly string[]; readonly until: Date }
  /** Too many documents of programs are fetched at the moment. Nothing was fetched: wait before the next attempt. */
  document_unavailable: { readonly retryAfterSeconds: number }
  /** The host's account directory did not respond, or its response was invalid. */
  directory_unavailable: Record<never, never>
  /** The host's clock failed, or what it returned is not a time. Nothing was decided. */
  clock_unavailable: Record<never, never>
  /** The clock of this node differs by more than a second from that of the store or of another node. Nothing was decided. */
  clock_skew: Record<never, never>
  /** The key did not sign, or its signature does not match the published key. */
  signing_unavailable: Record<never, never>
  /** The host's option `verifyLegacySecret` failed, did not respond, or is missing for an app that needs it. */
  legacy_secret_unavailable: Record<never, never>
  /** The option `replay` of `protect` failed, did not respond, or returned neither true nor false. Nothing was decided. */
  replay_unavailable: Record<never, never>
  /** The host's option `claims` failed, did not respond, or returned what a token cannot contain. */
  claims_unavailable: Record<never, never>
}

/** The codes of {@link AppGrantError}, a closed set. */
export type ErrorCode = keyof ErrorDetails

const MAX_RECEIVED = 100
const MAX_MASKED = 1000

/**
 * The error for a wrong argument or option of a function of this package.
 *
 * @param fn - the name of the function.
 * @param received - shown without the credentials and the query of a URL, and an object only by its type.
 * @param options - `isSecret`: nothing of the value is shown.
 */
export function invalidOption(
  fn: string,
  option: string,
  expected: string,
  received: unknown,
  { isSecret = false }: { readonly isSecret?: boolean } = {},
): TypeError {
  const described = describeValue(received, isSecret ? undefined : quoted)
  return new TypeError(`${fn}: ${option}: expected ${expected}, received ${described}`)
}

function quoted(text: string): string {
  // The time that masking takes grows with the square of the length.
  if (text.length > MAX_MASKED) return `a string of ${text.length} characters`
  const plain = text.replaceAll(/(\w+:\/\/)?\S*@/g, '$1…@').replaceAll(/\?\S+/g, '?…')
  return JSON.stringify(plain.length > MAX_RECEIVED ? `${plain.slice(0, MAX_RECEIVED)}…` : plain)
}

const MARK = Symbol.for('appgrant.AppGrantError')

/**
 * The only error class of this package. `message` may be sent to a client, `hint` is for the operator and says how to fix the
 * problem, `cause` is the original error, without what its author attached to it. None of them contains a secret. Detect it with {@link isAppGrantError} instead of
 * `instanceof`, which fails if two copies of this package are loaded.
 */
export class AppGrantError<C extends ErrorCode = ErrorCode> extends Error {
  // On the prototype, because defining it for each error takes as long as the rest of one without a stack.
  static {
    Object.defineProperty(AppGrantError.prototype, MARK, { value: true })
  }

  readonly code: C
  readonly details: ErrorDetails[C]
  readonly hint: string

  /** @param options - `message`: default is the code. `hint`: default is none. `details`: required if the code has some. */
  constructor(code: C, options: AppGrantErrorOptions<C>) {
    const { message = code, hint = '', cause, details = {} } = options
    super(message, cause === undefined ? {} : { cause })
    this.name = 'AppGrantError'
    this.code = code
    this.details = details as ErrorDetails[C]
    this.hint = hint
  }
}

/** The texts, the cause and the details of an {@link AppGrantError}. */
export type AppGrantErrorOptions<C extends ErrorCode> = {
  readonly message?: string | undefined
  readonly hint?: string | undefined
  readonly cause?: unknown
} & (Record<never, never> extends ErrorDetails[C]
  ? { readonly details?: ErrorDetails[C] | undefined }
  : { readonly details: ErrorDetails[C] })

/** Every {@link AppGrantError}, as a union: `switch (error.code)` narrows `details`. */
export type AnyAppGrantError = { [Code in ErrorCode]: AppGrantError<Code> }[ErrorCode]

/**
 * Whether `error` is an {@link AppGrantError} with one of `codes`, or with any code if none are given. If there are several, its
 * `code` narrows its `details`.
 *
 * @example
 * ```ts
 * if (isAppGrantError(error, 'app_limit_reached', 'invalid_fields'))
 *   console.log(error.code === 'app_limit_reached' ? error.details.limit : error.details.fields)
 * ```
 */
export function isAppGrantError<C extends ErrorCode = ErrorCode>(
  error: unknown,
  ...codes: readonly C[]
): error is { [Code in C]: AppGrantError<Code> }[C] {
  if (!(error instanceof Error) || !(MARK in error)) return false
  return codes.length === 0 || codes.some((code) => 'code' in error && error.code === code)
}
