import type { Actor, AppChange, Emitter } from '../base/events.ts'
import { partitionOf, partitionOfKey } from '../credentials/app-key.ts'
import { withConcealed } from '../credentials/concealed.ts'
import type { RandomText } from '../credentials/random.ts'
import { appKind, appRef, type LiveApp, type StoredApp } from '../records/app.ts'
import type { Collection } from '../records/collection.ts'
import type { Page, PageQuery, Pages } from '../records/pages.ts'
import { mayRegister, mayTrust } from './accounts.ts'
import { type App, appView } from './app.ts'
import * as acts from './app-acts.ts'
import {
  mayNotRegister,
  mayNotTrust,
  onlyHost,
  onlySecret,
  refusedForKeys,
  refusedForPublic,
  secretLimitReached,
  secretNotFound,
  suspendedAbove,
} from './app-errors.ts'
import { type AppFields, checkAppChange, type FieldOptions, type NewApp } from './app-fields.ts'
import { assertAppKeys, type PublicJwk } from './app-keys.ts'
import { createAppList } from './app-list.ts'
import { createAppSecret, isSecretId, MAX_SECRETS } from './app-secret.ts'
import type { Audiences } from './audience.ts'
import { flagInput, idInput, objectInput } from './input.ts'
import { isKeyInput, type ManagedApps, type Sight } from './managed-apps.ts'
import { createRegistration } from './registration.ts'
import { telling } from './telling.ts'

const HOUR_MS = 3_600_000

/**
 * A result with a new secret, which no other call ever returns; empty if the app has none. Only reading the property shows it:
 * inspection and JSON do not.
 */
export interface WithSecret {
  readonly secret: string
}

/**
 * The apps of accounts. Every operation is one atomic write, whose cost does not depend on what the app holds. It is in effect
 * on every node once its promise has resolved; after `outcome_unknown` it may or may not be: repeat it.
 *
 * All methods reject with `store_unavailable`, `outcome_unknown` or `directory_unavailable` if the outcome is not known, and
 * with `account_blocked` if the acting account is blocked. All methods that take an app, except `get` and `remove`, reject with
 * `app_not_found` if there is no such app or the caller may not see it. Trust, secrets and keys do not apply to a public app:
 * their methods reject with `invalid_request`.
 */
export interface AppRegistry {
  /**
   * Registers an app and generates its key and, unless it is public or has its own keys, its secret. The limit of apps per owner
   * is exact under any concurrency. Not idempotent: after `outcome_unknown`, `details.app` is the key, and `remove` settles it.
   *
   * @throws {@link AppGrantError} `invalid_fields` with every invalid field; `app_limit_reached`; `not_permitted` if the acting
   *   account may not register apps, or not trusted ones; `account_blocked` if the owner is blocked.
   */
  register(app: NewApp): Promise<{ readonly app: App } & WithSecret>
  /** Returns undefined if there is no such app or the caller may not see it. */
  get(key: string): Promise<App | undefined>
  /**
   * Lists apps, the oldest first.
   *
   * @param query - `owner`: default is the acting account; with the host's authority, all apps in no particular order. `name`:
   *   part of the name, ignoring case.
   * @throws {@link AppGrantError} `app_not_found` if the caller may not see the owner's apps; `invalid_cursor`.
   */
  list(query?: { readonly owner?: string; readonly name?: string } & PageQuery): Promise<Page<App>>
  /**
   * Changes the given fields; an empty string clears an optional field.
   *
   * @throws {@link AppGrantError} `invalid_fields` with every invalid field; `not_permitted` if the acting account may not
   *   register apps of the new API type.
   */
  update(key: string, change: Partial<AppFields>): Promise<App>
  /** Sets whether the app is trusted; clearing it revokes the app's own tokens. Rejects with `not_permitted` without `mayTrustApps`. */
  setTrusted(key: string, trusted: boolean): Promise<App>
  /** Sets whether accounts of other tenants may authorise the app. Rejects with `not_permitted` without the host's authority. */
  setPublished(key: string, published: boolean): Promise<App>
  /**
   * Makes the app the server of one of the platform's resources: at /introspect it sees the access tokens of all apps that are
   * for this resource. Undefined reverts this.
   *
   * @throws {@link AppGrantError} `not_permitted` without the host's authority; `invalid_target` if tokens are not issued for
   *   the resource; `invalid_request` for a public app, which has no credentials to authenticate with.
   * @see [RFC 7662 - OAuth 2.0 Token Introspection](https://www.rfc-editor.org/rfc/rfc7662.html#section-2)
   */
  setResourceServer(key: string, identifier: string | undefined): Promise<App>
  /** Makes everything the app holds unusable, but still expiring, until resumed. A higher authority replaces the suspension. */
  suspend(key: string): Promise<App>
  /** Ends a suspension. @throws {@link AppGrantError} `suspended_above` if a higher authority suspended the app. */
  resume(key: string): Promise<App>
  /** Replaces all secrets and keys with one new secret, and revokes every token, code and session of the app. */
  regenerateSecret(key: string): Promise<{ readonly app: App } & WithSecret>
  /**
   * Adds a second secret, so that the first can be removed once it is no longer in use; tokens are kept. Not idempotent: after
   * `outcome_unknown`, `details.secretId` is its id, and `removeSecret` settles it, even if it rejects with `secret_not_found`.
   *
   * @throws {@link AppGrantError} `secret_limit_reached` if the app has two; `invalid_request` if it has keys.
   */
  addSecret(key: string): Promise<{ readonly app: App; readonly secretId: string } & WithSecret>
  /** Removes one of two secrets; tokens are kept. Rejects with `secret_not_found`, or with `invalid_request` for the only one. */
  removeSecret(which: { readonly app: string; readonly secretId: string }): Promise<App>
  /**
   * Replaces all secrets and keys with public keys, and revokes every token, code and session of the app. From then on the app
   * authenticates only with assertions signed by one of these keys.
   *
   * @throws {@link AppGrantError} `invalid_fields` with every error of the keys.
   * @see [RFC 7523 - JWT Profile for OAuth 2.0 Client Authentication](https://www.rfc-editor.org/rfc/rfc7523.html#section-2.2)
   */
  replaceKeys(key: string, keys: readonly PublicJwk[]): Promise<App>
  /** Revokes every token, code and session of the app; its secrets and keys are kept. */
  revokeTokens(key: string): Promise<App>
  /** Removes the app and everything it holds. Returns false if there was no such app or the caller may not see it. */
  remove(key: string): Promise<boolean>
}

export interface RegistryParts {
  readonly collection: Collection
  readonly pages: Pages
  readonly managed: ManagedApps
  readonly audiences: Audiences
  readonly events: Emitter
  readonly random: RandomText
  readonly clock: () => number
  /** Returns a new random stamp. */
  readonly stamp: () => string
  readonly appsPerOwner: number
  readonly issuer: string | undefined
  readonly fieldOptions: FieldOptions
  /** The longest time for which anything that refers to an app is valid. */
  readonly longestLifeMs: number
}

export function createAppRegistry(parts: RegistryParts, actor: Actor): AppRegistry {
  const { collection, managed, events, random, clock, stamp } = parts

  /** One operation: replaces one record, then emits the event. */
  async function act(
    key: string,
    change: AppChange,
    next: (app: LiveApp, sight: Sight) => LiveApp | Promise<LiveApp>,
  ): Promise<App> {
    const app = await managed.change(actor, key, next)
    events.emit('app', actor, { change, app: key })
    return appView(app)
  }

  return {
    register: createRegistration(parts, actor),

    async get(key) {
      const app = await managed.find(actor, key)
      return app && appView(app)
    },

    list: createAppList(parts, actor),

    async update(key, change) {
      objectInput(change, 'change')
      return act(key, 'updated', (app, { actorLineage }) => {
        const fields = checkAppChange(change, app, parts.fieldOptions)
        if (fields.api !== app.fields.api && !mayRegister(actorLineage, fields.api)) throw mayNotRegister()
        return acts.update(app, fields, stamp)
      })
    },

    async setTrusted(key, input) {
      const trusted = flagInput(input, 'trusted')
      return act(key, trusted ? 'trusted' : 'untrusted', (app, { actorLineage }) => {
        if (!mayTrust(actorLineage)) throw mayNotTrust()
        if (trusted && app.public) throw refusedForPublic('A public app has no secret, so it cannot be trusted.')
        return acts.setTrusted(app, trusted, stamp())
      })
    },

    async setPublished(key, input) {
      const published = flagInput(input, 'published')
      return act(key, published ? 'published' : 'unpublished', (app, { rank }) => {
        if (rank !== acts.HOST_RANK) throw onlyHost('can publish apps')
        return acts.setPublished(app, published)
      })
    },

    async setResourceServer(key, identifier) {
      if (identifier !== undefined) parts.audiences.asked([idInput(identifier, 'identifier')])
      return act(key, 'resource_server_set', (app, { rank }) => {
        if (rank !== acts.HOST_RANK) throw onlyHost('can make an app a resource server')
        if (identifier !== undefined && app.public)
          throw refusedForPublic('A public app has no credentials to authenticate with at /introspect.')
        return acts.setResourceServer(app, identifier)
      })
    },

    async suspend(key) {
      return act(key, 'suspended', async (app, sight) => {
        const outranks = sight.rank > (await rankOfMark(app, sight))
        return acts.suspend(app, { at: clock(), by: actor }, outranks)
      })
    },

    async resume(key) {
      return act(key, 'resumed', async (app, sight) => {
        if (sight.rank < (await rankOfMark(app, sight))) throw suspendedAbove()
        return acts.resume(app)
      })
    },

    async regenerateSecret(key) {
      const { secret, stored } = createAppSecret(random, clock)
      const app = await renew(key, 'secret_regenerated', async () => ({ secrets: [stored], keys: [] }))
      return withConcealed({ app }, { secret })
    },

    async replaceKeys(key, input) {
      return renew(key, 'keys_replaced', async () => ({ secrets: [], keys: await assertAppKeys(input, parts) }))
    },

    async addSecret(key) {
      const { secret, stored } = createAppSecret(random, clock)
      const app = await telling({ app: key, secretId: stored.id }, () =>
        act(key, 'secret_added', (current) => {
          if (current.public) throw refusedForPublic('A public app has no secret.')
          if (current.keys.length > 0) throw refusedForKeys()
          // The write may have been delivered twice; if so, the secret is already there.
          if (current.secrets.some((secret) => secret.id === stored.id)) return current
          if (current.secrets.length >= MAX_SECRETS) throw secretLimitReached(MAX_SECRETS)
          return acts.addSecret(current, stored)
        }),
      )
      return withConcealed({ app, secretId: stored.id }, { secret })
    },

    async removeSecret(which) {
      const secretId = idInput(objectInput(which, 'which').secretId, 'secretId')
      let isKnown = false
      const app = await managed.change(actor, which.app, (current) => {
        const isThere = current.secrets.some((secret) => secret.id === secretId)
        isKnown = isThere || current.removedSecretIds.includes(secretId)
        if (!isKnown && !isSecretId(secretId)) throw secretNotFound()
        if (isThere && current.secrets.length === 1) throw onlySecret()
        // Write even if the secret is absent: an `addSecret` still in flight must lose against this.
        return acts.removeSecret(current, secretId)
      })
      if (!isKnown) throw secretNotFound()
      events.emit('app', actor, { change: 'secret_removed', app: which.app })
      return appView(app)
    },

    async revokeTokens(key) {
      return act(key, 'tokens_revoked', (app) => acts.revokeTokens(app, stamp()))
    },

    async remove(key) {
      if (!isKeyInput(key)) return false
      let wasThere = false
      const written = await collection.write<StoredApp>(appKind, appRef(key), async (app) => {
        if (!(await mayRemove(app, key))) return undefined
        wasThere = app?.state === 'live'
        if (app?.state === 'removed') return app
        const expiresAt = clock() + (app ? parts.longestLifeMs : HOUR_MS)
        return { state: 'removed', key, ...(app && { owner: app.owner }), expiresAt }
      })
      if (wasThere && written) events.emit('app', actor, { change: 'removed', app: key })
      return wasThere
    },
  }

  /** Replaces all credentials. They are read only now, because only a caller that may see the app may see their errors. */
  async function renew(
    key: string,
    change: AppChange,
    read: () => Promise<Pick<LiveApp, 'secrets' | 'keys'>>,
  ): Promise<App> {
    return act(key, change, async (app, { lineage }) => {
      if (app.public)
        throw refusedForPublic('A public app has neither secret nor keys: use revokeTokens to revoke what it holds.')
      const credentials = await read()
      return acts.renew(app, { credentials, stamp: stamp(), epoch: (await lineage())[0]?.epoch })
    })
  }

  async function rankOfMark(app: LiveApp, sight: Sight): Promise<number> {
    const lineage = app.suspended && sight.rank !== acts.HOST_RANK ? await sight.lineage() : []
    return acts.rankOfMark(app, (account) => lineage.findIndex((state) => state.id === account))
  }

  /** If no owner is stored for a key, the host and the accounts of the key's partition may remove it. */
  async function mayRemove(app: StoredApp | undefined, key: string): Promise<boolean> {
    if (app?.owner === undefined)
      return actor.account === undefined || partitionOf(actor.account) === partitionOfKey(key)
    const sight = app.state === 'live' ? managed.reachApp(actor, app) : managed.sight(actor, app.owner)
    return (await sight) !== undefined
  }
}
