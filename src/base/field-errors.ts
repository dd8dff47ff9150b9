/** Why a field is invalid. The codes are stable, so that programs can branch on them; a new one is announced as a change. */
export type FieldErrorCode =
  /** Absent or empty, although the app must have it. */
  | 'required'
  /** Not of the type of the field: a string object, an array, null or a number is not a string. */
  | 'wrong_type'
  /** Longer than the field allows. Nothing else about the value was checked. */
  | 'too_long'
  /** Contains a control, invisible, bidirectional or, in a URL, unsafe character. */
  | 'forbidden_character'
  /** Does not parse as an absolute URL. */
  | 'not_a_url'
  /** A URL with a scheme that this field does not accept. */
  | 'scheme_not_allowed'
  /** A URL with a user name or password before its host. */
  | 'has_userinfo'
  /** A redirect URL with `*`. */
  | 'has_wildcard'
  /** A redirect URL with `#`. */
  | 'has_fragment'
  /** The host is an IP address or not a valid host name. */
  | 'host_not_allowed'
  /** A redirect URL that a URL parser would write differently; `expected` is the accepted form. */
  | 'not_canonical'
  /** An app that is not trusted has no redirect URL. */
  | 'redirect_required'
  /** The query of a redirect URL has a parameter that authorization responses add. */
  | 'reserved_parameter'
  /** Not an address of the form `local@domain`. */
  | 'not_an_email'
  /** Not an E.164 number. */
  | 'not_a_phone_number'
  /** Not a scope token as defined by RFC 6749. */
  | 'not_a_scope'
  /** Not in the scope catalogue. */
  | 'unknown_scope'
  /** The owner or an account above it may not register the scope. */
  | 'scope_not_permitted'
  /** Not an API type name. */
  | 'not_an_api_type'
  /** More entries than the list allows. No entry was checked. */
  | 'too_many'
  /** The same entry occurs earlier in the list. */
  | 'duplicate'
  /** The name is one of the option `reservedNames`, which only the host may give. */
  | 'reserved_name'
  /** A public app has no secret, so it cannot be trusted. */
  | 'public_app_trusted'
  /** A public app does not authenticate, so it cannot have keys. */
  | 'public_app_jwks'
  /** Keys require the option `issuer`, which assertions must name. */
  | 'issuer_required'
  /** Tokens are bound to keys only with the option `dpop`. */
  | 'dpop_required'
  /** An app has no field of this name; `expected` is what was probably meant. */
  | 'unknown_field'
  /** A key with a private member, whose value is not shown. */
  | 'private_key'
  /** Not a public JWK for signatures with an accepted type, curve and size. */
  | 'not_a_public_key'
  /** A `kid` that is not 1–128 characters of printable ASCII. */
  | 'not_a_key_id'

/** What is wrong with one field of a submission. */
export interface FieldError {
  /** The name the caller used, e.g. `redirectUrls[1]`. */
  readonly field: string
  readonly code: FieldErrorCode
  /** What would be accepted, in words; for a redirect URL that is not canonical, its canonical form. */
  readonly expected: string
  /** What was received instead, shortened. */
  readonly received: string
}
