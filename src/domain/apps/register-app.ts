import type { Actor } from '../../base/events.ts'
import { createKey, keyOnce } from '../../credentials/app-key.ts'
import { withConcealed } from '../../credentials/concealed.ts'
import {
  appKind,
  appRef,
  appsOfOwner,
  type LiveApp,
  type StoredApp,
  type StoredCredentials,
  type StoredSecret,
} from '../../records/app.ts'
import { conflict } from '../../records/retries.ts'
import { accountError, isActive, type Lineage, mayRegister, mayTrust } from '../accounts/accounts.ts'
import { accountInput, assertObject, invalidRequest } from '../input/input.ts'
import { appView } from './app.ts'
import { alreadyRegistered, limitReached, mayNotRegister, mayNotTrust } from './app-errors.ts'
import { type CheckedNewApp, checkNewApp, type NewApp } from './app-fields.ts'
import { type AppJwk, readAppJwks } from './app-jwks.ts'
import type { AppRegistry, RegistryParts } from './app-registry.ts'
import { createAppSecret } from './app-secret.ts'
import { fieldOptionsFor } from './field-options-for.ts'
import { readOwn } from './fields/submission.ts'
import { withOutcomeDetails } from './with-outcome-details.ts'

const SALT_LENGTH = 43
const ONCE = /^[\w-]{16,64}$/

/** Nothing exists, and no place under the limit is taken, before the one insert, which checks the limit (APP-6, APP-7). */
export function createRegisterApp(parts: RegistryParts, actor: Actor): AppRegistry['register'] {
  const { collection, visibleApps, events, random, clock } = parts

  const register = async (input: NewApp) => {
    assertObject(input, 'app')
    const owner = accountInput(input.owner, 'owner')
    const once = onceInput(readOwn(input, 'once'))
    const submittedJwks = await readAppJwks(input, parts)
    const { lineage, actorLineage } = await authorityOver(owner)
    const options = fieldOptionsFor(lineage, parts)
    const { fields, trusted, public: isPublic } = checkNewApp(input, options, submittedJwks.errors)
    const { jwks } = submittedJwks
    if (!mayRegister(actorLineage, fields.apiType)) throw mayNotRegister()
    if (trusted && !mayTrust(actorLineage)) throw mayNotTrust()
    const epoch = lineage[0]?.epoch
    const { secret, stored } = createAppSecret(random, clock)
    const credentials = credentialsOf({ isPublic, jwks, stored })
    const key = once === undefined ? createKey(owner, random) : keyOnce({ owner, epoch, once })
    const app = newApp(parts, { key, owner, epoch, createdAt: clock(), checked: { fields, trusted }, credentials })
    const limit = { group: appsOfOwner(owner).group, max: parts.appsPerOwner }
    await withOutcomeDetails({ app: app.key }, async () => {
      const result = await collection.insert<StoredApp>(appKind, app, { limit })
      if (result === 'full') throw limitReached(owner, limit.max)
      if (result !== 'inserted' && !(await isThere(app))) throw alreadyRegistered(app.key)
    })
    events.emit('app', actor, { change: 'registered', app: app.key })
    return withConcealed({ app: appView(app) }, { secret: credentials.type === 'secrets' ? secret : undefined })
  }
  // The compiler cannot see that an app with neither `public` nor `jwks` has a secret.
  return register as AppRegistry['register']

  /**
   * Whether the app that is stored under the key is this one: its write may have been delivered twice, and others may have changed it
   * since. If not, it is that of an earlier call with the same `once`, which only a write confirms (REV-7).
   */
  async function isThere({ key, salt }: LiveApp): Promise<boolean> {
    const found = await collection.write<StoredApp>(appKind, appRef(key), (stored) => stored)
    if (!found) throw conflict('What was stored under the key has just expired: repeat the call.')
    return found.state === 'live' && found.salt === salt
  }

  /** The accounts that permissions depend on. */
  async function authorityOver(owner: string): Promise<{ readonly lineage: Lineage; readonly actorLineage: Lineage }> {
    const authority = await visibleApps.authorityOver(actor, owner)
    if (!authority) throw accountError('not_permitted', 'The owner must be the acting account or one below it.')
    const lineage = await authority.lineage()
    if (!isActive(lineage))
      throw accountError('account_blocked', 'The owner or an account above it is blocked or unknown to the directory.')
    return { lineage, actorLineage: authority.actorLineage }
  }
}

/** The record of a new app: its stamps and its salt are drawn here. */
export function newApp(
  { random, stamp }: Pick<RegistryParts, 'random' | 'stamp'>,
  {
    checked: { fields, trusted },
    epoch,
    ...given
  }: Pick<LiveApp, 'key' | 'owner' | 'createdAt' | 'credentials'> & {
    readonly epoch: string | undefined
    readonly checked: Pick<CheckedNewApp, 'fields' | 'trusted'>
  },
): LiveApp {
  return {
    state: 'live',
    ...given,
    ...(epoch !== undefined && { epoch }),
    fields,
    trusted,
    published: false,
    removedSecretIds: [],
    stamp: stamp(),
    trustStamp: stamp(),
    ownerStamp: stamp(),
    redirectStamps: fields.redirectUrls.map(stamp),
    salt: random(SALT_LENGTH),
  }
}

function onceInput(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && ONCE.test(value)) return value
  throw invalidRequest('once', '16–64 random characters of A-Z, a-z, 0-9, _ and -', value)
}

function credentialsOf(given: {
  readonly isPublic: boolean
  readonly jwks: readonly AppJwk[]
  readonly stored: StoredSecret
}): StoredCredentials {
  const { isPublic, jwks, stored } = given
  if (isPublic) return { type: 'none' }
  return jwks.length > 0 ? { type: 'jwks', jwks } : { type: 'secrets', secrets: [stored] }
}
