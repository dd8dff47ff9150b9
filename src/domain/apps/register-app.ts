import type { Actor } from '../../base/events.ts'
import { createKey } from '../../credentials/app-key.ts'
import { withConcealed } from '../../credentials/concealed.ts'
import { appKind, appsOfOwner, type LiveApp, type StoredApp } from '../../records/app.ts'
import { accountError, isActive, mayRegister, mayTrust } from '../accounts/accounts.ts'
import { accountInput, objectInput } from '../input/input.ts'
import { appView } from './app.ts'
import { limitReached, mayNotRegister, mayNotTrust } from './app-errors.ts'
import { checkNewApp, type NewApp } from './app-fields.ts'
import { readAppJwks } from './app-jwks.ts'
import type { AppRegistry, RegistryParts } from './app-registry.ts'
import { createAppSecret } from './app-secret.ts'
import { withOutcomeDetails } from './with-outcome-details.ts'

const SALT_LENGTH = 43

/** Nothing exists, and no place under the limit is taken, before the one insert, which checks the limit (APP-6, APP-7). */
export function createRegisterApp(parts: RegistryParts, actor: Actor): AppRegistry['register'] {
  const { collection, visibleApps, events, random, clock, stamp } = parts

  const register = async (input: NewApp) => {
    const owner = accountInput(objectInput(input, 'app').owner, 'owner')
    const submittedJwks = await readAppJwks(input, parts)
    const { fields, trusted, public: isPublic } = checkNewApp(input, parts.fieldOptions, submittedJwks.errors)
    const { jwks } = submittedJwks
    const epoch = await assertMayRegister(owner, { apiType: fields.apiType, trusted })
    const hasSecret = !isPublic && jwks.length === 0
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
      jwks,
      removedSecretIds: [],
      stamp: stamp(),
      trustStamp: stamp(),
      ownerStamp: stamp(),
      redirectStamps: fields.redirectUrls.map(stamp),
      salt: random(SALT_LENGTH),
    }
    const limit = { group: appsOfOwner(owner).group, max: parts.appsPerOwner }
    const result = await withOutcomeDetails({ app: app.key }, () =>
      collection.insert<StoredApp>(appKind, app, { limit }),
    )
    if (result !== 'inserted') throw limitReached(owner, limit.max)
    events.emit('app', actor, { change: 'registered', app: app.key })
    return withConcealed({ app: appView(app) }, { secret: hasSecret ? secret : undefined })
  }
  // The compiler cannot see that an app with neither `public` nor `jwks` has a secret.
  return register as AppRegistry['register']

  /** @returns the owner's epoch. */
  async function assertMayRegister(
    owner: string,
    { apiType, trusted }: { readonly apiType: string | undefined; readonly trusted: boolean },
  ): Promise<string | undefined> {
    const authority = await visibleApps.authorityOver(actor, owner)
    if (!authority) throw accountError('not_permitted', 'The owner must be the acting account or one below it.')
    const lineage = await authority.lineage()
    if (!isActive(lineage))
      throw accountError('account_blocked', 'The owner or an account above it is blocked or unknown to the directory.')
    if (!mayRegister(authority.actorLineage, apiType)) throw mayNotRegister()
    if (trusted && !mayTrust(authority.actorLineage)) throw mayNotTrust()
    return lineage[0]?.epoch
  }
}
