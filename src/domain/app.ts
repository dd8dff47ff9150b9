import type { Actor } from '../base/events.ts'
import type { AppJwk } from '../credentials/jwt/app-keys.ts'
import type { LiveApp } from '../records/app.ts'
import type { AppFields } from './app-fields.ts'

/** A registered app, as it was when it was read. Nothing in it is secret. */
export interface App
  extends Required<Pick<AppFields, 'name' | 'homepage' | 'adminEmail' | 'redirectUrls' | 'scopes'>>,
    Pick<AppFields, 'description' | 'image' | 'adminPhone' | 'api'> {
  /** 32 characters, public: the `client_id` of RFC 6749. */
  readonly key: string
  readonly owner: string
  /** Whether it gets tokens for its owner from its own credentials alone. */
  readonly trusted: boolean
  /** Whether it has no secret: an app that cannot keep one. */
  readonly public: boolean
  /** Whether accounts of other tenants may authorise it. */
  readonly published: boolean
  /** The resource it guards: it may introspect the tokens that are meant for it. Absent for other apps. */
  readonly resourceServer?: string
  readonly createdAt: Date
  readonly homepageAscii: string
  readonly adminEmailAscii: string
  /** Absent while the app is not suspended. `by` is the highest authority that suspended it. */
  readonly suspended?: { readonly at: Date; readonly by: Actor }
  /** At most two; what is told of a secret is when it was made. */
  readonly secrets: readonly { readonly id: string; readonly createdAt: Date }[]
  /** The public keys by which it authenticates instead of a secret; empty where it does not. */
  readonly keys: readonly AppJwk[]
}

/** What of a stored app is shown. */
export function appView(app: LiveApp): App {
  const { foldedName: _, ...fields } = app.fields
  return {
    ...fields,
    key: app.key,
    owner: app.owner,
    trusted: app.trusted,
    public: app.public,
    published: app.published,
    ...(app.resourceServer !== undefined && { resourceServer: app.resourceServer }),
    createdAt: new Date(app.createdAt),
    ...(app.suspended && { suspended: { at: new Date(app.suspended.at), by: app.suspended.by } }),
    secrets: app.secrets.map(({ id, createdAt }) => ({ id, createdAt: new Date(createdAt) })),
    keys: app.keys,
  }
}
