import type { FieldError } from '../../base/field-errors.ts'
import { knownMembers } from '../../base/known-members.ts'
import { type AppOrigin, type CheckedFields, hasRegisteredItself } from '../../records/app.ts'
import { foldName } from '../input/fold-name.ts'
import type { RedirectPolicy } from '../input/redirect-policy.ts'
import { shownValue } from '../input/shown-value.ts'
import type { PublicJwk } from './app-jwks.ts'
import { apiRule } from './fields/api-type.ts'
import { emailRule } from './fields/email-address.ts'
import { phoneRule } from './fields/phone-number.ts'
import { descriptionRule, nameRule } from './fields/plain-text.ts'
import { matchesRedirect, redirectRule } from './fields/redirect-url.ts'
import { type IsReservedName, RESERVED_NAME } from './fields/reserved-names.ts'
import { type ScopePolicy, scopeRule } from './fields/scope-token.ts'
import { selfRegisteredRedirectRule } from './fields/self-registered-redirect.ts'
import { type ListRule, readSubmission, type Submission } from './fields/submission.ts'
import { homepageRule, imageRule } from './fields/web-address.ts'

export { foldName, matchesRedirect }

/** Maximum number of redirect URLs of an app. */
export const MAX_REDIRECT_URLS = 20
/** Maximum number of scopes of an app. */
export const MAX_SCOPES = 100

/** The fields of an app. In an update, an empty string clears an optional field, and an absent or undefined one is kept. */
export interface AppFields {
  /** 1–100 characters of any script, on one line and without invisible characters, except where a script or an emoji needs them. */
  readonly name: string
  /** The website of the app: http or https with a host name, at most 2048 characters. Never fetched. */
  readonly homepage: string
  /** E-mail address of the app's operator, in any script, at most 254 octets. */
  readonly adminEmail: string
  /** At most 1024 characters. Line breaks are allowed. */
  readonly description?: string | undefined
  /** https URL of an image, at most 2048 characters. Never fetched. */
  readonly image?: string | undefined
  /** International phone number, with `+`. Stored as `+` and digits. */
  readonly adminPhone?: string | undefined
  /**
   * Where authorization responses may be sent: at most 20 canonical https URLs, compared as strings; the option `redirects` of
   * `createAppGrant` allows others. Their query must not contain `code`, `state`, `iss`, `error`, `error_description` or `response`.
   * At least one unless the app is trusted.
   *
   * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.1.2)
   */
  readonly redirectUrls?: readonly string[] | undefined
  /**
   * The scopes the app may request: at most 100 of those that the option `scopes` of `createAppGrant` lists and that the directory
   * allows to the owner. Default is none.
   */
  readonly scopes?: readonly string[] | undefined
  /** The API type the app is made for, `[a-z][a-z0-9_-]{0,31}`. The host defines its meaning. */
  readonly apiType?: string | undefined
  /**
   * Whether the app gets only access tokens that are bound to a key: requests for tokens without a DPoP proof are refused. Needs the
   * option `dpop` of `createAppGrant`. Tokens that were issued before stay as they are. Default is false.
   *
   * @see [RFC 9449 - OAuth 2.0 Demonstrating Proof of Possession](https://www.rfc-editor.org/rfc/rfc9449.html#section-5.2)
   */
  readonly dpopBoundAccessTokens?: boolean | undefined
}

/** The fields of an app to change. */
export type AppUpdate = { readonly [Field in keyof AppFields]?: AppFields[Field] | undefined }

/** The fields of an app as they were read, to be compared. One that is undefined or empty is expected to be absent. */
export type ExpectedFields = { readonly [Field in keyof AppFields]?: AppFields[Field] | undefined }

/** An app to register. */
export interface NewApp extends AppFields {
  /** The account that owns the app. A trusted app can act for it without a user. */
  readonly owner: string
  /** Whether the app may get tokens with its own credentials alone. Default is false. */
  readonly trusted?: boolean | undefined
  /**
   * Whether the app has no secret because it runs where none can be kept. A public app cannot be trusted. Default is false.
   *
   * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-2.1)
   */
  readonly public?: boolean | undefined
  /**
   * Public keys with which the app authenticates instead of a secret, 1–10, as in the `keys` of a JWK set. Requires the option
   * `issuer`. Default is none: a secret is generated.
   */
  readonly jwks?: readonly PublicJwk[] | undefined
  /**
   * 16–64 random characters of `A-Za-z0-9_-`, such as a UUID, new for each app: with it, the app is registered at most once, however
   * often the call is repeated. The key of the app is derived from it. Default is none: each call registers an app.
   */
  readonly once?: string | undefined
}

/** An app to register that is neither public nor has keys of its own: it gets a secret. */
export interface NewAppWithSecret extends NewApp {
  readonly public?: false | undefined
  readonly jwks?: undefined
}

/** The checked parts of an app: all but its owner and its keys. */
export interface CheckedNewApp {
  readonly fields: CheckedFields
  readonly trusted: boolean
  readonly public: boolean
}

/** What the host allows in fields. */
export interface FieldOptions {
  /** Which redirect URLs are allowed besides https. */
  readonly redirects: RedirectPolicy
  /** The scopes that apps of the owner may register. */
  readonly scopes: ScopePolicy
  /** The names that this actor may not give an app. */
  readonly isReservedName: IsReservedName
  /** Whether tokens can be bound to a key. */
  readonly bindsKeys: boolean
}

/** The members of {@link AppFields}. */
export const FIELDS = {
  name: true,
  homepage: true,
  adminEmail: true,
  description: true,
  image: true,
  adminPhone: true,
  redirectUrls: true,
  scopes: true,
  apiType: true,
  dpopBoundAccessTokens: true,
} as const
export type FieldName = keyof typeof FIELDS
/** The names of all fields. */
export const FIELD_NAMES = Object.keys(FIELDS) as readonly FieldName[]
/** Names from RFC 7591, with what this library calls them. */
export const REGISTRATION_NAMES = {
  client_name: 'name',
  client_uri: 'homepage',
  logo_uri: 'image',
  contacts: 'adminEmail',
  scope: 'scopes',
  redirect_uris: 'redirectUrls',
  dpop_bound_access_tokens: 'dpopBoundAccessTokens',
} as const
const NEW_APP = knownMembers<NewApp>(
  { ...FIELDS, owner: true, trusted: true, public: true, jwks: true, once: true },
  { ...REGISTRATION_NAMES, jwks_uri: 'jwks with the keys themselves, because no URL is ever fetched' },
)
const CHANGE = knownMembers<AppFields>(FIELDS, {
  ...REGISTRATION_NAMES,
  owner: 'no owner, because it never changes',
  public: 'no public, because it never changes',
  trusted: 'apps.setTrusted',
  published: 'apps.setPublished',
  resourceServer: 'apps.setResourceServer',
  lifetimes: 'apps.setLifetimes',
  suspended: 'apps.suspend or apps.resume',
  secret: 'apps.regenerateSecret',
  secrets: 'apps.addSecret and apps.removeSecret',
  jwks: 'apps.replaceJwks',
})
/** The members of `expected`. */
export const EXPECTED = knownMembers<ExpectedFields>(FIELDS, REGISTRATION_NAMES)

/**
 * Checks the fields of an app to register. The caller must check the owner.
 *
 * @param found - errors of its keys, which are checked separately: all errors are reported together.
 * @returns the fields as stored, with `trusted` and `public`, which updates do not change.
 * @throws {@link AppGrantError} `invalid_fields` with every error of the submission; {@link FieldErrorCode} lists the codes.
 */
export function checkNewApp(input: unknown, options: FieldOptions, found: readonly FieldError[] = []): CheckedNewApp {
  return checkApp(readSubmission(input, NEW_APP, found), options)
}

/** The same for submitted fields with other names beside them, which the caller must check. */
export function checkApp(submission: Submission, options: FieldOptions, origin?: AppOrigin): CheckedNewApp {
  const isPublic = submission.flag('public')
  const wantsTrust = submission.flag('trusted')
  if (isPublic && wantsTrust)
    submission.refuse('trusted', 'public_app_trusted', 'false, because a public app has no secret', 'true')
  const app = { public: isPublic, trusted: wantsTrust && !isPublic }
  return { fields: readFields(submission, { app: { ...app, ...(origin && { origin }) }, options }), ...app }
}

/**
 * Checks a change of an app. Only own properties that are not undefined are read; all other fields are kept, even if a rule has
 * become stricter since. Key, owner, secret, trusted and public are not fields, so they are refused (APP-9, APP-12).
 *
 * @returns all fields of the app after the change.
 * @throws {@link AppGrantError} `invalid_fields` with every error of the change.
 */
export function checkAppChange(
  change: unknown,
  current: CheckedNewApp & { readonly origin?: AppOrigin },
  options: FieldOptions,
): CheckedFields {
  return readFields(readSubmission(change, CHANGE), { app: current, options, kept: current.fields })
}

interface FieldContext {
  /** `origin`: of an app that has registered itself, which needs neither homepage nor e-mail address. */
  readonly app: { readonly trusted: boolean; readonly public: boolean; readonly origin?: AppOrigin }
  readonly options: FieldOptions
  readonly kept?: CheckedFields
}

function readFields(submission: Submission, context: FieldContext): CheckedFields {
  const { kept, options } = context
  const scopeList = { maxEntries: MAX_SCOPES, entry: scopeRule(options.scopes), same: Object.is }
  const name = submission.required('name', nameRule, kept?.name)
  if (name !== undefined && name !== kept?.name && options.isReservedName(name))
    submission.refuse('name', 'reserved_name', RESERVED_NAME, shownValue(name))
  const needed = hasRegisteredItself(context.app) ? submission.optional : submission.required
  const homepage = needed('homepage', homepageRule, bothForms(kept?.homepage, kept?.homepageAscii))
  const adminEmail = needed('adminEmail', emailRule, bothForms(kept?.adminEmail, kept?.adminEmailAscii))
  const description = submission.optional('description', descriptionRule, kept?.description)
  const image = submission.optional('image', imageRule, kept?.image)
  const adminPhone = submission.optional('adminPhone', phoneRule, kept?.adminPhone)
  const apiType = submission.optional('apiType', apiRule, kept?.apiType)
  const redirectUrls = readRedirectUrls(submission, context)
  const scopes = submission.list('scopes', scopeList, kept?.scopes ?? [])
  const isBound = submission.flag('dpopBoundAccessTokens', kept?.dpopBoundAccessTokens)
  if (isBound && !kept?.dpopBoundAccessTokens && !options.bindsKeys)
    submission.refuse(
      'dpopBoundAccessTokens',
      'dpop_required',
      'false, because only the option dpop of createAppGrant lets the app get tokens then',
      'true',
    )
  if (!submission.isClean() || !name || !redirectUrls || !scopes) throw submission.error()
  return {
    name,
    foldedName: foldName(name),
    ...(homepage && { homepage: homepage.display, homepageAscii: homepage.ascii }),
    ...(adminEmail && { adminEmail: adminEmail.display, adminEmailAscii: adminEmail.ascii }),
    ...(description !== undefined && { description }),
    ...(image !== undefined && { image }),
    ...(adminPhone !== undefined && { adminPhone }),
    redirectUrls,
    scopes,
    ...(apiType !== undefined && { apiType }),
    ...(isBound && { dpopBoundAccessTokens: true }),
  }
}

function bothForms(display: string | undefined, ascii: string | undefined) {
  return display === undefined || ascii === undefined ? undefined : { display, ascii }
}

function readRedirectUrls(submission: Submission, { app, options, kept }: FieldContext): readonly string[] | undefined {
  const rule: ListRule<string> = {
    maxEntries: MAX_REDIRECT_URLS,
    entry: hasRegisteredItself(app)
      ? selfRegisteredRedirectRule(options.redirects)
      : redirectRule({ isPublic: app.public, policy: options.redirects }),
    // A code is bound to a single registered URL, so no request may match two.
    same: matchesRedirect,
  }
  const urls = submission.list('redirectUrls', rule, kept?.redirectUrls ?? [])
  // Kept URLs are not checked again: an app without any may have lost its trust since.
  if (urls?.length === 0 && urls !== kept?.redirectUrls && !app.trusted)
    submission.refuse(
      'redirectUrls',
      'redirect_required',
      'at least one redirect URL unless the app is trusted',
      'none',
    )
  return urls
}
