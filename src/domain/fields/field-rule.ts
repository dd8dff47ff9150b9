/**
 * Why a field was refused. The codes are stable: programs may branch on them, and a new one is announced as a change.
 *
 * - `required`: absent or empty, and the app cannot be without it.
 * - `wrong_type`: not of the type the field has: a string object, an array, null or a number is not a string.
 * - `too_long`: longer than the field may be. Nothing else about the value was looked at.
 * - `forbidden_character`: a control, invisible, bidirectional or, in a URL, unsafe character.
 * - `not_a_url`: does not parse as an absolute URL.
 * - `scheme_not_allowed`: a URL with a scheme that this field does not take.
 * - `has_userinfo`: a URL with a user name or password before its host.
 * - `has_wildcard`: a redirect URL with `*`.
 * - `has_fragment`: a redirect URL with `#`.
 * - `host_not_allowed`: the host is an address or no valid host name.
 * - `not_canonical`: a redirect URL that a URL parser would write differently; `expected` is the form that is accepted.
 * - `redirect_required`: an app that is not trusted has no redirect URL.
 * - `not_an_email`: no address of the form `local@domain`.
 * - `not_a_phone_number`: no E.164 number.
 * - `not_a_scope`: no scope token of RFC 6749.
 * - `not_an_api`: no API type name.
 * - `too_many`: more entries than the list may have. No entry was looked at.
 * - `duplicate`: the entry stands in the list before.
 * - `public_app_trusted`: a public app, which has no secret, cannot be trusted.
 * - `public_app_keys`: a public app, which proves itself by nothing, cannot have keys.
 * - `issuer_required`: keys prove nothing to a server without the option `issuer`, which assertions must name.
 * - `not_supported`: keys by their URL, which is never fetched.
 * - `private_key`: a key with a private member. Nothing of it is shown.
 * - `not_a_public_key`: no public JWK for signatures, of a type, curve and size that are accepted.
 * - `not_a_key_id`: a `kid` that is no text of 1–128 characters of printable ASCII.
 */
export type FieldErrorCode =
  | 'required'
  | 'wrong_type'
  | 'too_long'
  | 'forbidden_character'
  | 'not_a_url'
  | 'scheme_not_allowed'
  | 'has_userinfo'
  | 'has_wildcard'
  | 'has_fragment'
  | 'host_not_allowed'
  | 'not_canonical'
  | 'redirect_required'
  | 'not_an_email'
  | 'not_a_phone_number'
  | 'not_a_scope'
  | 'not_an_api'
  | 'too_many'
  | 'duplicate'
  | 'public_app_trusted'
  | 'public_app_keys'
  | 'issuer_required'
  | 'not_supported'
  | 'private_key'
  | 'not_a_public_key'
  | 'not_a_key_id'

/** What a rule found wrong. `received` is set where the value itself is not what should be shown. */
export interface Refusal {
  readonly ok: false
  readonly code: FieldErrorCode
  readonly expected: string
  readonly received?: string
}

/** The value as it is stored, or why there is none. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | Refusal

/** The rule of one text field. */
export interface FieldRule<T> {
  /** UTF-16 units beyond which the text is refused as `too_long` before `check` or anything else sees it. */
  readonly maxUnits: number
  /** The length rule in words. */
  readonly lengthRule: string
  /** Judges a text of at most `maxUnits`. It throws nothing. */
  check(text: string): Outcome<T>
}

/** The outcome of a value that keeps its rule. */
export function accept<T>(value: T): Outcome<T> {
  return { ok: true, value }
}

/** The outcome of a value that breaks its rule. */
export function refuse(code: FieldErrorCode, expected: string, received?: string): Refusal {
  return { ok: false, code, expected, ...(received !== undefined && { received }) }
}
