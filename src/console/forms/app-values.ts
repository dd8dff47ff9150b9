import { digest } from '../viewer.ts'

/** What the form of an app holds, as it was typed. */
export interface AppValues {
  readonly name: string
  readonly description: string
  readonly homepage: string
  readonly image: string
  readonly adminEmail: string
  readonly adminPhone: string
  readonly redirectUrls: readonly string[]
  readonly scopes: readonly string[]
  readonly apiType: string
  readonly dpopBoundAccessTokens: boolean
}

/** What only a new app can be given. */
export interface NewAppValues extends AppValues {
  readonly trusted: boolean
  readonly authentication: 'secret' | 'jwks' | 'none'
  /** A JWK set, as JSON. */
  readonly jwks: string
}

export type AppField = keyof AppValues

export const APP_FIELDS = [
  'name',
  'description',
  'homepage',
  'image',
  'adminEmail',
  'adminPhone',
  'redirectUrls',
  'scopes',
  'apiType',
  'dpopBoundAccessTokens',
] as const satisfies readonly AppField[]

export const NEW_APP: NewAppValues = {
  name: '',
  description: '',
  homepage: '',
  image: '',
  adminEmail: '',
  adminPhone: '',
  redirectUrls: [],
  scopes: [],
  apiType: '',
  dpopBoundAccessTokens: false,
  trusted: false,
  authentication: 'secret',
  jwks: '',
}

/** Digests of stored values, by field: what a form was made from. */
export type Snapshot = Readonly<Record<AppField, string>>

export function snapshotOf(values: AppValues): Snapshot {
  return Object.fromEntries(APP_FIELDS.map((field) => [field, digest(...listOf(values[field]))])) as Record<
    AppField,
    string
  >
}

/** A field that was changed by somebody else while the form was open. */
export interface Conflict {
  readonly field: AppField
  readonly stored: readonly string[]
  readonly typed: readonly string[]
}

export interface Changes {
  /** Only what is typed otherwise than it is stored. */
  readonly changed: Partial<AppValues>
  readonly conflicts: readonly Conflict[]
}

/**
 * What a form changes: of three versions of each field, that from which the form was made, that which is stored, and that which was
 * typed. A field that nobody typed into is never written, so what others saved meanwhile stays.
 */
export function changesOf({ was, stored, typed }: { was: Snapshot; stored: AppValues; typed: AppValues }): Changes {
  const now = snapshotOf(stored)
  const wanted = snapshotOf(typed)
  const touched = APP_FIELDS.filter((field) => wanted[field] !== now[field] && wanted[field] !== was[field])
  const conflicts = touched.filter((field) => was[field] !== now[field])
  return {
    changed: Object.fromEntries(touched.map((field) => [field, typed[field]])),
    conflicts: conflicts.map((field) => ({ field, stored: listOf(stored[field]), typed: listOf(typed[field]) })),
  }
}

function listOf(value: AppValues[AppField]): readonly string[] {
  if (typeof value === 'boolean') return value ? ['✓'] : []
  return typeof value === 'string' ? [value] : value
}
