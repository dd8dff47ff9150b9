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
import { isKeyInput, isVisible, type ManagedApps, type Sight } from './managed-apps.ts'
import { createRegistration } from './registration.ts'
import { telling } from './telling.ts'

const HOUR_MS = 3_600_000

/**
 * An answer that holds a secret, the only one that ever does: empty where the app has none. It is read by name and shown by no
 * inspection or JSON.
 */
export interface WithSecret {
  readonly secret: string
}

/**
 * The apps of accounts. Every act is one atomic write at a cost that does not depend on what the app holds, and is in force on
 * every node once its promise has resolved; with `outcome_unknown` it may or may not be, and is to be repeated.
 *
 * All methods reject with `store_unavailable`, `outcome_unknown` or `directory_unavailable` where the answer is not known, and
 * those that name an app with `app_not_found` where there is none that the caller may see.
 */
export interface AppRegistry {
  /**
   * Registers an app and generates its key and, unless it is public or has keys of its own, its secret. Not idempotent: after
   * `outcome_unknown` the error names the key, and `remove` settles it.
   *
   * @throws `invalid_fields` with every wrong field; `app_limit_reached`, exact under any concurrency; `not_permitted` where
   *   the acting account may not register apps, or not trusted ones; `account_blocked`.
   */
  register(app: NewApp): Promise<{ readonly app: App } & WithSecret>
  /** Undefined where there is no such app, or none that the caller may see. */
  get(key: string): Promise<App | undefined>
  /**
   * Oldest first. Without `owner`: the acting account's own; with the host's authority all, in no order. `name`: part of the
   * name, whatever its case.
   */
  list(query?: { readonly owner?: string; readonly name?: string } & PageQuery): Promise<Page<App>>
  /** Changes the fields named; an empty text clears an optional one. @throws `invalid_fields` with every wrong field. */
  update(key: string, change: Partial<AppFields>): Promise<App>
  /** Switched off, the app's app-only tokens die. @throws `not_permitted` where the acting account may not trust apps. */
  setTrusted(key: string, trusted: boolean): Promise<App>
  /** Lets accounts of other tenants authorise the app, or no longer. @throws `not_permitted` without the host's authority. */
  setPublished(key: string, published: boolean): Promise<App>
  /**
   * Makes the app the server of one of the platform's resources: at /introspect it sees the access tokens meant for that, of
   * every app. Undefined ends it.
   *
   * @throws `not_permitted` without the host's authority; `invalid_target` where tokens are not for such a resource;
   *   `invalid_request` for a public app, which cannot prove itself.
   */
  setResourceServer(key: string, identifier: string | undefined): Promise<App>
  /** Makes everything the app holds unusable until it is resumed; it keeps ageing. A higher authority raises the mark. */
  suspend(key: string): Promise<App>
  /** Ends a suspension. @throws `suspended_above` where a higher authority set it. */
  resume(key: string): Promise<App>
  /** Puts one new secret in the place of all secrets and keys, and kills every token, code and session of the app. */
  regenerateSecret(key: string): Promise<{ readonly app: App } & WithSecret>
  /**
   * Adds a second secret, so that the first can be given up later. Not idempotent: after `outcome_unknown` the error names its
   * id, and `removeSecret` settles it, also where that answers `secret_not_found`.
   *
   * @throws `secret_limit_reached`.
   */
  addSecret(key: string): Promise<{ readonly app: App; readonly secretId: string } & WithSecret>
  /** Removes one of two secrets; tokens stay. @throws `secret_not_found`; `invalid_request` for the only one. */
  removeSecret(which: { readonly app: string; readonly secretId: string }): Promise<App>
  /**
   * Puts public keys in the place of all secrets and keys, and kills every token, code and session of the app. From then on it
   * authenticates by an assertion signed with one of them, and by nothing else.
   *
   * @throws `invalid_fields` with everything that is wrong with the keys; `invalid_request` for a public app.
   * @see [RFC 7523 - JWT Profile for OAuth 2.0 Client Authentication](https://www.rfc-editor.org/rfc/rfc7523.html#section-2.2)
   */
  replaceKeys(key: string, keys: readonly PublicJwk[]): Promise<App>
  /** Kills every token, code and session of the app; its secrets and keys stay. */
  revokeTokens(key: string): Promise<App>
  /** Removes the app and everything it holds, and frees its place. False where there was none that the caller may see. */
  remove(key: string): Promise<boolean>
}

/** What the registry stands on. */
export interface RegistryParts {
  readonly collection: Collection
  readonly pages: Pages
  readonly managed: ManagedApps
  readonly audiences: Audiences
  readonly events: Emitter
  readonly random: RandomText
  readonly clock: () => number
  /** A new random mark. */
  readonly stamp: () => string
  readonly appsPerOwner: number
  readonly issuer: string | undefined
  readonly fieldOptions: FieldOptions
  /** How long anything may live that refers to an app. */
  readonly longestLifeMs: number
}

export function createAppRegistry(parts: RegistryParts, actor: Actor): AppRegistry {
  const { collection, managed, events, random, clock, stamp } = parts

  /** One act: one record replaced, then the event. */
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
        if (trusted && app.public) throw refusedForPublic('A public app keeps no secret, so it can never be trusted.')
        return acts.setTrusted(app, trusted, stamp())
      })
    },

    async setPublished(key, input) {
      const published = flagInput(input, 'published')
      return act(key, published ? 'published' : 'unpublished', (app, { rank }) => {
        if (rank !== acts.HOST_RANK) throw onlyHost('publishes apps')
        return acts.setPublished(app, published)
      })
    },

    async setResourceServer(key, identifier) {
      if (identifier !== undefined) parts.audiences.asked([idInput(identifier, 'identifier')])
      return act(key, 'resource_server_set', (app, { rank }) => {
        if (rank !== acts.HOST_RANK) throw onlyHost('makes resource servers')
        if (identifier !== undefined && app.public)
          throw refusedForPublic('A public app cannot prove itself at /introspect.')
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
          // A write that was delivered twice and overtaken is decided again: it is there already.
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
        // Written also where it is not there: what was added with an unknown outcome, and still comes, then comes too late.
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

  /** Puts credentials in the place of all. Who may not see the app learns nothing of what is wrong with them. */
  async function renew(
    key: string,
    change: AppChange,
    read: () => Promise<Pick<LiveApp, 'secrets' | 'keys'>>,
  ): Promise<App> {
    return act(key, change, async (app, { lineage }) => {
      if (app.public)
        throw refusedForPublic('A public app has neither secret nor keys: use revokeTokens to end what it holds.')
      const credentials = await read()
      return acts.renew(app, { credentials, stamp: stamp(), epoch: (await lineage())[0]?.epoch })
    })
  }

  async function rankOfMark(app: LiveApp, sight: Sight): Promise<number> {
    const lineage = app.suspended && sight.rank !== acts.HOST_RANK ? await sight.lineage() : []
    return acts.rankOfMark(app, (account) => lineage.findIndex((state) => state.id === account))
  }

  /** What was never there, or lost its owner, may be removed by the host and by accounts of the key's own partition. */
  async function mayRemove(app: StoredApp | undefined, key: string): Promise<boolean> {
    if (app?.owner === undefined)
      return actor.account === undefined || partitionOf(actor.account) === partitionOfKey(key)
    const sight = await managed.sight(actor, app.owner)
    return sight !== undefined && (app.state === 'removed' || isVisible(app, sight))
  }
}
