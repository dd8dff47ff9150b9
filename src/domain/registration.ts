import type { Actor } from '../base/events.ts'
import { createKey } from '../credentials/app-key.ts'
import { withConcealed } from '../credentials/concealed.ts'
import { appKind, appsOfOwner, type LiveApp, type StoredApp } from '../records/app.ts'
import { accountError, isActive, mayRegister, mayTrust } from './accounts.ts'
import { appView } from './app.ts'
import { limitReached, mayNotRegister, mayNotTrust } from './app-errors.ts'
import { checkNewApp } from './app-fields.ts'
import { readAppKeys } from './app-keys.ts'
import type { AppRegistry, RegistryParts } from './app-registry.ts'
import { createAppSecret } from './app-secret.ts'
import { accountInput, objectInput } from './input.ts'
import { telling } from './telling.ts'

const SALT_LENGTH = 43

/** Nothing exists, and no place under the limit is taken, before the one insert, which checks the limit (APP-6, APP-7). */
export function createRegistration(parts: RegistryParts, actor: Actor): AppRegistry['register'] {
  const { collection, managed, events, random, clock, stamp } = parts

  return async (input) => {
    const owner = accountInput(objectInput(input, 'app').owner, 'owner')
    const submittedKeys = await readAppKeys(input, parts)
    const { fields, trusted, public: isPublic } = checkNewApp(input, parts.fieldOptions, submittedKeys.errors)
    const { keys } = submittedKeys
    const epoch = await assertMayRegister(owner, { api: fields.api, trusted })
    const hasSecret = !isPublic && keys.length === 0
    const { secret, stored } = createAppSecret(random, clock)
    const app: LiveApp = {
      state: 'live',
      key: createKey(owner, random),
      owner,
      ...(epoch !== undefined && { epoch }),
      createdAt: clock(),
      fields,
      trusted,
      public: isPublic,
      published: false,
      secrets: hasSecret ? [stored] : [],
      keys,
      removedSecretIds: [],
      generation: stamp(),
      trustGeneration: stamp(),
      ownGeneration: stamp(),
      redirectStamps: fields.redirectUrls.map(stamp),
      salt: random(SALT_LENGTH),
    }
    const limit = { group: appsOfOwner(owner).group, max: parts.appsPerOwner }
    const result = await telling({ app: app.key }, () => collection.insert<StoredApp>(appKind, app, { limit }))
    if (result !== 'inserted') throw limitReached(owner, limit.max)
    events.emit('app', actor, { change: 'registered', app: app.key })
    return withConcealed({ app: appView(app) }, { secret: hasSecret ? secret : '' })
  }

  /** @returns the owner's epoch. */
  async function assertMayRegister(
    owner: string,
    { api, trusted }: { readonly api: string | undefined; readonly trusted: boolean },
  ): Promise<string | undefined> {
    const sight = await managed.sight(actor, owner)
    if (!sight) throw accountError('not_permitted', 'The owner must be the acting account or one below it.')
    const lineage = await sight.lineage()
    if (!isActive(lineage))
      throw accountError('account_blocked', 'The owner or an account above it is blocked or unknown to the directory.')
    if (!mayRegister(sight.actorLineage, api)) throw mayNotRegister()
    if (trusted && !mayTrust(sight.actorLineage)) throw mayNotTrust()
    return lineage[0]?.epoch
  }
}
