import type { Actor, AppChange } from '../../base/events.ts'
import { knownMembers } from '../../base/known-members.ts'
import { partitionOf, partitionOfKey } from '../../credentials/app-key.ts'
import { withConcealed } from '../../credentials/concealed.ts'
import { isPublic, type LiveApp, type StoredApp, type StoredCredentials, secretsOf } from '../../records/app.ts'
import { mayRegister, mayTrust } from '../accounts/accounts.ts'
import { assertObject, flagInput, idInput, invalidRequest, objectInput, unknownMember } from '../input/input.ts'
import { APP_LIFETIME_NAMES, endsNever, readLifetimes } from '../input/lifetimes.ts'
import { type App, appView } from './app.ts'
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
import { checkAppChange, EXPECTED } from './app-fields.ts'
import { assertAppJwks } from './app-jwks.ts'
import type { AppRegistry, RegistryParts } from './app-registry.ts'
import { createAppSecret, isSecretId, MAX_SECRETS } from './app-secret.ts'
import { suspensionRankFor } from './app-standing.ts'
import * as transitions from './app-transitions.ts'
import { assertExpected, expectedInput } from './expected-fields.ts'
import { createExportApps } from './export-apps.ts'
import { fieldOptionsFor } from './field-options-for.ts'
import { createImportApps } from './import-apps.ts'
import { createListApps } from './list-apps.ts'
import { createRegisterApp } from './register-app.ts'
import { removalOf } from './remove-app.ts'
import { type Authority, isKeyInput } from './visible-apps.ts'
import { withOutcomeDetails } from './with-outcome-details.ts'

const UPDATE = knownMembers<NonNullable<Parameters<AppRegistry['update']>[2]>>({ expected: true })
const REGENERATE = knownMembers<NonNullable<Parameters<AppRegistry['regenerateSecret']>[1]>>(
  { replaces: true },
  { secretId: 'replaces' },
)
const REMOVE_SECRET = knownMembers<Parameters<AppRegistry['removeSecret']>[0]>(
  { app: true, secretId: true },
  { key: 'app', secret: 'secretId' },
)

export function createAppRegistry(parts: RegistryParts, actor: Actor): AppRegistry {
  const { visibleApps, events, random, clock, stamp, lifetimes } = parts
  const list = createListApps(parts, actor)

  /** One operation: replaces one record, then emits the event. */
  async function changeApp(
    key: string,
    change: AppChange,
    next: (app: LiveApp, authority: Authority) => LiveApp | Promise<LiveApp>,
  ): Promise<App> {
    const app = await visibleApps.change(actor, key, next)
    events.emit('app', actor, { change, app: key })
    return appView(app)
  }

  return {
    register: createRegisterApp(parts, actor),
    import: createImportApps(parts, actor),
    export: createExportApps(parts, actor),

    get: list.get,
    list: list.list,

    async update(key, change, options = {}) {
      assertObject(change, 'change')
      const { expected = {} } = objectInput(options, 'options', UPDATE)
      const values = expectedInput(objectInput(expected, 'expected', EXPECTED))
      return changeApp(key, 'updated', async (app, authority) => {
        const { actorLineage, lineage } = authority
        await assertNotSuspendedAbove(app, authority)
        const options = fieldOptionsFor(await lineage(), parts, actor)
        const fields = checkAppChange(change, { ...app, public: isPublic(app) }, options)
        if (fields.apiType !== app.fields.apiType && !mayRegister(actorLineage, fields.apiType)) throw mayNotRegister()
        assertExpected(values, { app, change, next: fields })
        return transitions.update(app, fields, stamp)
      })
    },

    async setTrusted(key, input) {
      const trusted = flagInput(input, 'trusted')
      return changeApp(key, trusted ? 'trusted' : 'untrusted', (app, { actorLineage }) => {
        if (!mayTrust(actorLineage)) throw mayNotTrust()
        if (trusted && isPublic(app)) throw refusedForPublic('A public app has no secret, so it cannot be trusted.')
        return transitions.setTrusted(app, trusted, stamp())
      })
    },

    async setPublished(key, input) {
      const published = flagInput(input, 'published')
      return changeApp(key, published ? 'published' : 'unpublished', (app, { rank }) => {
        if (rank !== transitions.HOST_RANK) throw onlyHost('can publish apps')
        return transitions.setPublished(app, published)
      })
    },

    async setResourceServer(key, identifier) {
      if (identifier !== undefined) parts.audiences.requested([idInput(identifier, 'identifier')])
      return changeApp(key, 'resource_server_set', (app, { rank }) => {
        if (rank !== transitions.HOST_RANK) throw onlyHost('can make an app a resource server')
        if (identifier !== undefined && isPublic(app))
          throw refusedForPublic('A public app has no credentials to authenticate with at /introspect.')
        return transitions.setResourceServer(app, identifier)
      })
    },

    async setLifetimes(key, input) {
      const own = readLifetimes(input ?? {}, {
        base: lifetimes,
        names: APP_LIFETIME_NAMES,
        invalid: invalidRequest,
        unknown: unknownMember,
      })
      return changeApp(key, 'lifetimes_set', (app, { rank }) => {
        if (rank !== transitions.HOST_RANK) throw onlyHost('can set lifetimes')
        return transitions.setLifetimes(app, own, endsNever(app, lifetimes))
      })
    },

    async suspend(key) {
      return changeApp(key, 'suspended', async (app, authority) => {
        const outranks = authority.rank > (await suspensionRankFor(app, authority))
        return transitions.suspend(app, { at: clock(), by: actor }, outranks)
      })
    },

    async resume(key) {
      return changeApp(key, 'resumed', async (app, authority) => {
        await assertNotSuspendedAbove(app, authority)
        return transitions.resume(app)
      })
    },

    async regenerateSecret(key, options = {}) {
      const { replaces } = objectInput(options, 'options', REGENERATE)
      const { secret, stored } = createAppSecret(random, clock)
      // The write may have been delivered twice; if so, the secret is already there.
      const expected = replaces === undefined ? undefined : [idInput(replaces, 'replaces'), stored.id]
      const app = await replaceCredentials(key, 'secret_regenerated', async (current) => {
        if (expected && !expected.some((id) => credentialIds(current).includes(id))) throw secretNotFound()
        return { type: 'secrets', secrets: [stored] }
      })
      return withConcealed({ app }, { secret })
    },

    async replaceJwks(key, input) {
      return replaceCredentials(key, 'jwks_replaced', async () => ({
        type: 'jwks',
        jwks: await assertAppJwks(input, parts),
      }))
    },

    async addSecret(key) {
      const { secret, stored } = createAppSecret(random, clock)
      const app = await withOutcomeDetails({ app: key, secretId: stored.id }, () =>
        changeApp(key, 'secret_added', (current) => {
          const { credentials } = current
          if (credentials.type === 'none') throw refusedForPublic('A public app has no secret.')
          if (credentials.type === 'jwks') throw refusedForKeys()
          // The write may have been delivered twice; if so, the secret is already there.
          if (credentials.secrets.some((secret) => secret.id === stored.id)) return current
          if (credentials.secrets.length >= MAX_SECRETS) throw secretLimitReached(MAX_SECRETS)
          return transitions.addSecret(current, stored)
        }),
      )
      return withConcealed({ app, secretId: stored.id }, { secret })
    },

    async removeSecret(target) {
      const secretId = idInput(objectInput(target, 'target', REMOVE_SECRET).secretId, 'secretId')
      let isKnown = false
      const app = await visibleApps.change(actor, target.app, (current) => {
        const secrets = secretsOf(current)
        const isThere = secrets.some((secret) => secret.id === secretId)
        isKnown = isThere || current.removedSecretIds.includes(secretId)
        if (!isKnown && !isSecretId(secretId)) throw secretNotFound()
        if (isThere && secrets.length === 1) throw onlySecret()
        // Write even if the secret is absent: an `addSecret` still in flight must lose against this.
        return transitions.removeSecret(current, secretId)
      })
      if (!isKnown) throw secretNotFound()
      events.emit('app', actor, { change: 'secret_removed', app: target.app })
      return appView(app)
    },

    async revokeTokens(key) {
      return changeApp(key, 'tokens_revoked', (app) => transitions.revokeTokens(app, stamp()))
    },

    async remove(key) {
      if (!isKeyInput(key)) return false
      const removed = await parts.removeApp(key, mayRemove(key))
      if (!removed) return false
      events.emit('app', actor, removalOf(removed))
      const { owner, stamp, trustStamp, ownerStamp } = removed
      const held = { key: removed.key, owner, stamp, trustStamp, ownerStamp }
      parts.background.add(`free ${held.key}`, () => parts.freeing.app(held))
      return true
    },
  }

  /** Replaces all credentials. They are read only now, because only a caller that may see the app may see their errors. */
  async function replaceCredentials(
    key: string,
    change: AppChange,
    read: (app: LiveApp) => Promise<StoredCredentials>,
  ): Promise<App> {
    return changeApp(key, change, async (app, { lineage }) => {
      if (isPublic(app))
        throw refusedForPublic('A public app has neither secret nor keys: use revokeTokens to revoke what it holds.')
      const credentials = await read(app)
      return transitions.replaceCredentials(app, { credentials, stamp: stamp(), epoch: (await lineage())[0]?.epoch })
    })
  }

  async function assertNotSuspendedAbove(app: LiveApp, authority: Authority): Promise<void> {
    if (authority.rank < (await suspensionRankFor(app, authority))) throw suspendedAbove()
  }

  /**
   * Whether the actor may remove what is stored under a key. The directory is asked once, however often it is attempted. A key without
   * an app may have been given to an account of its partition. A tombstone stays what it is.
   */
  function mayRemove(key: string): (found: StoredApp | undefined) => Promise<boolean> {
    let asked: Promise<Authority | undefined> | undefined
    return async (found) => {
      if (found?.state === 'removed') return true
      if (!found) return actor.account === undefined || partitionOf(actor.account) === partitionOfKey(key)
      asked ??= visibleApps.reachApp(actor, found)
      return (await asked) !== undefined
    }
  }
}

function credentialIds({ credentials }: LiveApp): readonly (string | undefined)[] {
  if (credentials.type === 'jwks') return credentials.jwks.map(({ kid }) => kid)
  return credentials.type === 'secrets' ? credentials.secrets.map(({ id }) => id) : []
}
