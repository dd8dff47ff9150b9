import type { FieldError } from '../base/errors.ts'
import type { CheckedFields } from '../records/app.ts'
import type { PublicJwk } from './app-keys.ts'
import { apiRule } from './fields/api-type.ts'
import { emailRule } from './fields/email-address.ts'
import { foldName } from './fields/fold-name.ts'
import { phoneRule } from './fields/phone-number.ts'
import { descriptionRule, nameRule } from './fields/plain-text.ts'
import { matchesRedirect, redirectRule } from './fields/redirect-url.ts'
import { scopeRule } from './fields/scope-token.ts'
import { type ListRule, readSubmission, type Submission } from './fields/submission.ts'
import { homepageRule, imageRule } from './fields/web-address.ts'

export type { FieldErrorCode } from './fields/field-rule.ts'
export { foldName, matchesRedirect }

/** Redirect URLs one app has at most. */
export const MAX_REDIRECT_URLS = 20
/** Scopes one app registers at most. */
export const MAX_SCOPES = 100

/** What an app says about itself. On an update, an empty string takes an optional field away, and a field not named stays. */
export interface AppFields {
  /** 1–100 characters of any script, on one line, none of them invisible. */
  readonly name: string
  /** Where people read about the app: http or https on a host name, at most 2048 characters. Never fetched. */
  readonly homepage: string
  /** Who runs the app; an address of any script. */
  readonly adminEmail: string
  /** At most 1024 characters. Line breaks may stand in it. */
  readonly description?: string
  /** https URL of a picture. Never fetched. */
  readonly image?: string
  /** International number, with `+`. Kept as `+` and digits. */
  readonly adminPhone?: string
  /**
   * Where authorization answers may go: at most 20 canonical https URLs, compared as strings ever after. At least one
   * unless the app is trusted.
   */
  readonly redirectUrls?: readonly string[]
  /** What the app may ask for: at most 100 scope tokens of at most 100 characters. Default is none. */
  readonly scopes?: readonly string[]
  /** The API type the app is made for, `[a-z][a-z0-9_-]{0,31}`. Its meaning is the host's. */
  readonly api?: string
}

/** An app to register. */
export interface NewApp extends AppFields {
  /** The account that the app will belong to, and for which it acts alone if it is trusted. */
  readonly owner: string
  /** Whether the app may get a token from key and secret alone. Default is false. */
  readonly trusted?: boolean
  /** Whether the app has no secret, as it runs where none can be kept. Such an app is never trusted. Default is false. */
  readonly public?: boolean
  /**
   * Public keys by which the app authenticates instead of a secret, at most 10, as in the `keys` of a JWK set. Needs the option
   * `issuer`. Default is none: a secret is generated.
   */
  readonly keys?: readonly PublicJwk[]
}

/** What is checked of an app: all but its owner and its keys. */
export interface CheckedNewApp {
  readonly fields: CheckedFields
  readonly trusted: boolean
  readonly public: boolean
}

/** What the host allows in fields. */
export interface FieldOptions {
  /** Whether a public app may register http on `127.0.0.1` or `[::1]`. */
  readonly allowLoopbackRedirects: boolean
}

const scopeList: ListRule<string> = { maxEntries: MAX_SCOPES, entry: scopeRule, same: (a, b) => a === b }

/**
 * Checks the fields of an app to register. The owner is the caller's to check; what is no field of an app is ignored.
 *
 * @param found - what is wrong with its keys, which take longer to check: all errors are told together.
 * @returns the fields as they are stored, and `trusted` and `public`, which are fixed apart from them.
 * @throws AppGrantError `invalid_fields` with every error of the submission; {@link FieldErrorCode} lists their codes.
 */
export function checkNewApp(input: unknown, options: FieldOptions, found: readonly FieldError[] = []): CheckedNewApp {
  const submission = readSubmission(input, found)
  const isPublic = submission.flag('public')
  const asksTrust = submission.flag('trusted')
  if (isPublic && asksTrust)
    submission.refuse('trusted', 'public_app_trusted', 'false, as a public app has no secret', 'true')
  const app = { public: isPublic, trusted: asksTrust && !isPublic }
  return { fields: readFields(submission, { app, options }), ...app }
}

/**
 * Checks a change of an app. Only own properties that are not undefined are looked at; all other fields stay as they are,
 * even where a rule has become stricter since. Key, owner, secret, trusted and public are no fields and are ignored.
 *
 * @returns all fields of the app after the change.
 * @throws AppGrantError `invalid_fields` with every error of the change.
 */
export function checkAppChange(change: unknown, current: CheckedNewApp, options: FieldOptions): CheckedFields {
  return readFields(readSubmission(change), { app: current, options, kept: current.fields })
}

interface Circumstances {
  readonly app: { readonly trusted: boolean; readonly public: boolean }
  readonly options: FieldOptions
  readonly kept?: CheckedFields
}

function readFields(submission: Submission, circumstances: Circumstances): CheckedFields {
  const { kept } = circumstances
  const name = submission.required('name', nameRule, kept?.name)
  const homepage = submission.required(
    'homepage',
    homepageRule,
    kept && { display: kept.homepage, ascii: kept.homepageAscii },
  )
  const adminEmail = submission.required(
    'adminEmail',
    emailRule,
    kept && { display: kept.adminEmail, ascii: kept.adminEmailAscii },
  )
  const description = submission.optional('description', descriptionRule, kept?.description)
  const image = submission.optional('image', imageRule, kept?.image)
  const adminPhone = submission.optional('adminPhone', phoneRule, kept?.adminPhone)
  const api = submission.optional('api', apiRule, kept?.api)
  const redirectUrls = readRedirectUrls(submission, circumstances)
  const scopes = submission.list('scopes', scopeList, kept?.scopes ?? [])
  if (!submission.isClean() || !name || !homepage || !adminEmail || !redirectUrls || !scopes) throw submission.error()
  return {
    name,
    foldedName: foldName(name),
    homepage: homepage.display,
    homepageAscii: homepage.ascii,
    adminEmail: adminEmail.display,
    adminEmailAscii: adminEmail.ascii,
    ...(description !== undefined && { description }),
    ...(image !== undefined && { image }),
    ...(adminPhone !== undefined && { adminPhone }),
    redirectUrls,
    scopes,
    ...(api !== undefined && { api }),
  }
}

function readRedirectUrls(
  submission: Submission,
  { app, options, kept }: Circumstances,
): readonly string[] | undefined {
  const rule: ListRule<string> = {
    maxEntries: MAX_REDIRECT_URLS,
    entry: redirectRule({ allowLoopback: app.public && options.allowLoopbackRedirects }),
    // Two that one request would match are one: a code is bound to a single registered URL.
    same: matchesRedirect,
  }
  const urls = submission.list('redirectUrls', rule, kept?.redirectUrls ?? [])
  // Those that are kept are not judged again: trust may have been withdrawn from an app that never had any.
  if (urls?.length === 0 && urls !== kept?.redirectUrls && !app.trusted)
    submission.refuse(
      'redirectUrls',
      'redirect_required',
      'at least one redirect URL unless the app is trusted',
      'none',
    )
  return urls
}
