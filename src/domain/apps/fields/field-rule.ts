/**
 * Why a field was rejected. The codes are stable, so that programs can branch on them; a new one is announced as a change.
 *
 * - `required`: absent or empty, although the app must have it.
 * - `wrong_type`: not of the type of the field: a string object, an array, null or a number is not a string.
 * - `too_long`: longer than the field allows. Nothing else about the value was checked.
 * - `forbidden_character`: contains a control, invisible, bidirectional or, in a URL, unsafe character.
 * - `not_a_url`: does not parse as an absolute URL.
 * - `scheme_not_allowed`: a URL with a scheme that this field does not accept.
 * - `has_userinfo`: a URL with a user name or password before its host.
 * - `has_wildcard`: a redirect URL with `*`.
 * - `has_fragment`: a redirect URL with `#`.
 * - `host_not_allowed`: the host is an IP address or not a valid host name.
 * - `not_canonical`: a redirect URL that a URL parser would write differently; `expected` is the accepted form.
 * - `redirect_required`: an app that is not trusted has no redirect URL.
 * - `not_an_email`: not an address of the form `local@domain`.
 * - `not_a_phone_number`: not an E.164 number.
 * - `not_a_scope`: not a scope token as defined by RFC 6749.
 * - `not_an_api_type`: not an API type name.
 * - `too_many`: more entries than the list allows. No entry was checked.
 * - `duplicate`: the same entry occurs earlier in the list.
 * - `public_app_trusted`: a public app has no secret, so it cannot be trusted.
 * - `public_app_jwks`: a public app does not authenticate, so it cannot have keys.
 * - `issuer_required`: keys require the option `issuer`, which assertions must name.
 * - `unknown_field`: an app has no field of this name; `expected` is what was probably meant.
 * - `private_key`: a key with a private member, whose value is not shown.
 * - `not_a_public_key`: not a public JWK for signatures with an accepted type, curve and size.
 * - `not_a_key_id`: a `kid` that is not 1–128 characters of printable ASCII.
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
  | 'not_an_api_type'
  | 'too_many'
  | 'duplicate'
  | 'public_app_trusted'
  | 'public_app_jwks'
  | 'issuer_required'
  | 'unknown_field'
  | 'private_key'
  | 'not_a_public_key'
  | 'not_a_key_id'

/** Why a rule rejected a value. `received` is set if something other than the value itself is to be shown. */
export interface Refusal {
  readonly ok: false
  readonly code: FieldErrorCode
  readonly expected: string
  readonly received?: string
}

/** The value to store, or why it was rejected. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | Refusal

/** The rule for one text field. */
export interface FieldRule<T> {
  /** Maximum number of UTF-16 units. Longer text is rejected as `too_long` before `check` sees it. */
  readonly maxUnits: number
  /** The length rule in words. */
  readonly lengthRule: string
  /** Checks a string of at most `maxUnits`. Never throws. */
  check(text: string): Outcome<T>
}

export function accept<T>(value: T): Outcome<T> {
  return { ok: true, value }
}

export function refuse(code: FieldErrorCode, expected: string, received?: string): Refusal {
  return { ok: false, code, expected, ...(received !== undefined && { received }) }
}
