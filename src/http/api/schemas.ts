import type { ErrorCode, ErrorDetails } from '../../base/errors.ts'
import type { Actor } from '../../base/events.ts'
import type { FieldError } from '../../base/field-errors.ts'
import type { KnownMembers } from '../../base/known-members.ts'
import type { App, AppCounts, AppStanding } from '../../domain/apps/app.ts'
import type { AppFields, NewApp } from '../../domain/apps/app-fields.ts'
import type { AppJwk, PublicJwk } from '../../domain/apps/app-jwks.ts'
import type { Permissions } from '../../domain/apps/permissions.ts'
import type { Install } from '../../domain/installs/installs.ts'
import type { TokenInfo } from '../../domain/tokens/token-store.ts'

/**
 * The details of errors that a response shows: not the reason of an invalid token, which limit was reached, nor when to retry. Nothing
 * over HTTP waits for a receipt.
 */
type ShownDetails = ErrorDetails[Exclude<
  ErrorCode,
  | 'invalid_token'
  | 'dpop_nonce_required'
  | 'limit_reached'
  | 'too_many_failures'
  | 'document_unavailable'
  | 'revocation_unconfirmed'
  | 'slow_down'
>]
type MemberOf<Union> = Union extends unknown ? keyof Union & string : never

type Schema = Readonly<Record<string, unknown>>

/** A schema for each member of a type, named with `?` if it is optional: a member that is missing here does not compile. */
type Members<Type> = {
  readonly [Name in keyof Type & string as Partial<Pick<Type, Name>> extends Pick<Type, Name>
    ? `${Name}?`
    : Name]-?: Schema
}

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const time = { type: 'string', format: 'date-time' } as const
const day = { type: 'string', format: 'date', description: 'The day of the last use, in UTC.' } as const
const texts = { type: 'array', items: text } as const

/** An object with exactly these members; a name that ends in `?` is optional. */
function object(members: Readonly<Record<string, Schema>>): Schema {
  const properties = Object.fromEntries(Object.entries(members).map(([name, one]) => [name.replace('?', ''), one]))
  const required = Object.keys(members).filter((name) => !name.endsWith('?'))
  return { type: 'object', properties, required, additionalProperties: false }
}

/** A JWK, which may have more members, which are ignored (RFC 7517 §4). */
function open(schema: Schema): Schema {
  return { ...schema, additionalProperties: true }
}

function ref(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

function list(items: Schema): Schema {
  return { type: 'array', items }
}

const optionalFields = {
  'description?': { ...text, description: 'At most 1024 characters.' },
  'image?': { ...text, description: 'An https URL.' },
  'adminPhone?': { ...text, description: 'A phone number in international format, with +.' },
  'apiType?': { ...text, description: 'The API type. The host defines its meaning.' },
} satisfies Partial<Members<AppFields>>

const fields = {
  'name?': { ...text, description: '1–100 characters.' },
  'homepage?': { ...text, description: 'An http or https URL.' },
  'adminEmail?': { ...text, description: 'An e-mail address.' },
  ...optionalFields,
  'redirectUrls?': { ...texts, description: 'Canonical https URLs, or what the option `redirects` allows.' },
  'scopes?': { ...texts, description: 'Scope tokens (RFC 6749 section 3.3).' },
  'dpopBoundAccessTokens?': { ...flag, description: 'Whether the app gets only access tokens bound to a key (DPoP).' },
} satisfies Members<Partial<AppFields>>

const actor = object({ 'account?': text, 'login?': text } satisfies Members<Actor>)

const app = {
  key: { ...text, description: 'The client_id, unless the app has an importedKey.' },
  'importedKey?': { ...text, description: 'The client_id that the app had before it was imported, and still has.' },
  owner: text,
  name: text,
  'homepage?': { ...text, description: 'Absent only if the app has registered itself, and so is the e-mail address.' },
  'homepageAscii?': text,
  'adminEmail?': text,
  'adminEmailAscii?': text,
  'origin?': {
    ...object({
      by: { enum: ['itself', 'browser'] },
      host: { ...text, description: 'What people are shown: anyone can choose a name.' },
      hosts: texts,
      'publisher?': text,
      'identity?': text,
    } satisfies Members<NonNullable<App['origin']>>),
    description: 'Only if the app asked for its registration, and its owner approved it.',
  },
  ...optionalFields,
  redirectUrls: texts,
  scopes: texts,
  'dpopBoundAccessTokens?': { ...flag, description: 'Present, and true, if the app gets only tokens bound to a key.' },
  trusted: flag,
  public: flag,
  published: flag,
  'resourceServer?': { ...text, description: 'The resource whose tokens it may introspect.' },
  'lifetimes?': {
    ...object({
      'accessTokenSeconds?': { type: 'integer' },
      'refreshIdleSeconds?': { type: 'integer' },
      'refreshAbsoluteSeconds?': { oneOf: [{ type: 'integer' }, { const: 'never' }] },
    } satisfies Members<NonNullable<App['lifetimes']>>),
    description: "Set by the host for this app, in place of the host's own.",
  },
  createdAt: time,
  'suspended?': object({ at: time, by: actor } satisfies Members<NonNullable<App['suspended']>>),
  'lastUsedOn?': day,
  secrets: list(
    object({
      id: text,
      createdAt: time,
      'legacyScheme?': { ...text, description: 'How another server has hashed it, until its first use.' },
    } satisfies Members<App['secrets'][number]>),
  ),
  jwks: list(ref('Jwk')),
} satisfies Members<App>

const jwk = { 'alg?': text, 'crv?': text, 'x?': text, 'y?': text, 'n?': text, 'e?': text }
const jwks = { type: 'array', items: ref('PublicJwk'), maxItems: 10 } as const

const secret = { ...text, description: 'The client_secret. It is never shown again.' }
const holder = { app: text, 'account?': { ...text, description: 'Default is the signed-in account.' } }
const page = (items: Schema) => object({ items: list(items), 'nextCursor?': text })

const permissions = {
  useApps: { ...flag, description: 'False if no app may act for the account.' },
  registerApps: { oneOf: [flag, texts], description: 'A list if only apps of these API types can be registered.' },
  trustApps: flag,
} satisfies Members<Permissions>

/** The JSON Schemas of the API, for its description. The core applies more rules to app fields than are written here. */
export const schemas = {
  Permissions: object(permissions),
  AppFields: object(fields),
  AppChange: object({
    ...fields,
    'expected?': {
      ...ref('AppFields'),
      description: 'Fields as they were read, empty if the app had none: if one differs by now, nothing is changed.',
    },
  }),
  NewApp: {
    ...object({
      ...fields,
      ...({
        'public?': { ...flag, description: 'Whether the app is a public client, which cannot keep a secret.' },
        'jwks?': { ...jwks, description: 'Public keys with which the app authenticates instead of a secret.' },
        'once?': { ...text, description: '16–64 random characters of A-Za-z0-9_-: a repeat registers no other app.' },
        // The owner is in the query, and trust has a route of its own.
      } satisfies Members<Omit<NewApp, keyof AppFields | 'owner' | 'trusted'>>),
    }),
    required: ['name', 'homepage', 'adminEmail'],
  },
  App: object(app),
  AppRow: object({
    ...app,
    'instances?': {
      type: 'integer',
      description: 'Number of accounts that currently authorize the app. Absent if not known.',
    },
    'liveTokens?': {
      type: 'integer',
      description: 'Number of live tokens of the app for its owner. Absent if not known.',
    },
    'mayResume?': {
      type: 'boolean',
      description: 'Only if the app is suspended: whether the signed-in account may resume it.',
    },
    'ownerReplaced?': {
      type: 'boolean',
      description: 'True if the owner has another epoch than when the app was registered, so that it does not work.',
    },
  } satisfies Members<App & AppCounts & AppStanding>),
  AppPage: page(ref('AppRow')),
  AppWithSecret: object({ app: ref('App'), 'secret?': secret }),
  AppWithNewSecret: object({ app: ref('App'), secretId: text, secret }),
  /** A key as it is stored: with its kid, and with only the members that are needed. */
  Jwk: object({ kty: text, kid: text, ...jwk } satisfies Members<AppJwk>),
  PublicJwk: open({
    ...object({ 'kty?': text, 'kid?': text, 'use?': text, 'key_ops?': texts, ...jwk } satisfies Members<PublicJwk>),
    required: ['kty'],
  }),
  AppJwks: object({ jwks: { ...jwks, minItems: 1 } }),
  Regenerate: object({
    'replaces?': { ...text, description: 'The id of a secret, or the kid of a key, that the app must still have.' },
  }),
  Trusted: object({ trusted: flag }),
  AppIds: object({ apps: { ...texts, maxItems: 100 } }),
  Removals: object({
    results: list(object({ app: text, removed: flag, 'error?': text, 'error_description?': text })),
  }),
  Token: object({
    id: text,
    kind: { enum: ['app', 'user'] },
    issuedAt: time,
    expiresAt: time,
    scope: texts,
    'userAgent?': text,
  } satisfies Members<TokenInfo>),
  TokenPage: page(ref('Token')),
  TokenHolder: object(holder),
  TokenIds: object({ ...holder, ids: { ...texts, maxItems: 1000 } }),
  Install: object({
    app: object({ key: text, name: text, owner: text } satisfies Members<Install['app']>),
    account: text,
    installedAt: time,
    'expiresAt?': { ...time, description: 'Absent if the install stays until it is withdrawn.' },
    approvedBy: actor,
    scope: { ...texts, description: 'All scopes granted since the installation.' },
    'lastUsedOn?': day,
  } satisfies Members<Install>),
  InstallPage: page(ref('Install')),
  WithdrawRequest: object({
    apps: { ...texts, maxItems: 100, description: 'The keys of the apps.' },
    'account?': holder['account?'],
  }),
  Withdrawals: object({
    results: list(object({ app: text, withdrawn: flag, 'error?': text, 'error_description?': text })),
  }),
  Empty: object({}),
  Error: object({
    error: { ...text, description: 'A stable error code.' },
    error_description: text,
    ...({
      'fields?': list(
        object({ field: text, code: text, expected: text, received: text } satisfies Members<FieldError>),
      ),
      'owner?': text,
      'limit?': { type: 'integer' },
      'app?': text,
      'secretId?': text,
      'changed?': texts,
    } satisfies Readonly<Record<`${MemberOf<ShownDetails>}?`, Schema>>),
  }),
} as const satisfies Record<string, Schema>

export type SchemaName = keyof typeof schemas

/** What to use instead of members that callers may expect in a body. */
const INSTEAD = new Map([
  ['trusted', 'PUT /apps/{key}/trusted'],
  ['owner', 'owner in the query'],
  ['secret', 'POST /apps/{key}/regenerate-secret'],
  ['jwks', 'PUT /apps/{key}/jwks'],
  ['jwks_uri', 'jwks with the keys themselves, because no URL is ever fetched'],
])

/** The members that a body may have. */
export function membersOf(name: SchemaName): KnownMembers {
  const { properties }: Schema = schemas[name]
  return { names: new Set(Object.keys(properties ?? {})), instead: INSTEAD }
}
