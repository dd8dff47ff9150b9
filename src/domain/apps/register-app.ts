import type { Actor } from '../../base/events.ts'
import { createKey, keyOnce } from '../../credentials/app-key.ts'
import { withConcealed } from '../../credentials/concealed.ts'
import type { StoredCredentials, StoredSecret } from '../../records/app.ts'
import { accountError, isActive, type Lineage, mayRegister, mayTrust } from '../accounts/accounts.ts'
import { accountInput, assertObject, invalidRequest } from '../input/input.ts'
import { appView } from './app.ts'
import { alreadyRegistered, mayNotRegister, mayNotTrust } from './app-errors.ts'
import { checkNewApp, type NewApp } from './app-fields.ts'
import { type AppJwk, readAppJwks } from './app-jwks.ts'
import type { AppRegistry, RegistryParts } from './app-registry.ts'
import { createAppSecret } from './app-secret.ts'
import { fieldOptionsFor } from './field-options-for.ts'
import { readOwn } from './fields/submission.ts'
import { newApp } from './new-app.ts'
import { withOutcomeDetails } from './with-outcome-details.ts'

const ONCE = /^[\w-]{16,64}$/

export function createRegisterApp(parts: RegistryParts, actor: Actor): AppRegistry['register'] {
  const { visibleApps, storeApp, events, random, clock } = parts

  const register = async (input: NewApp) => {
    assertObject(input, 'app')
    const owner = accountInput(input.owner, 'owner')
    const once = onceInput(readOwn(input, 'once'))
    const submittedJwks = await readAppJwks(input, parts)
    const { lineage, actorLineage } = await authorityOver(owner)
    const options = fieldOptionsFor(lineage, parts, actor)
    const { fields, trusted, public: isPublic } = checkNewApp(input, options, submittedJwks.errors)
    const { jwks } = submittedJwks
    if (!mayRegister(actorLineage, fields.apiType)) throw mayNotRegister()
    if (trusted && !mayTrust(actorLineage)) throw mayNotTrust()
    const epoch = lineage[0]?.epoch
    const { secret, stored } = createAppSecret(random, clock)
    const credentials = credentialsOf({ isPublic, jwks, stored })
    const key = once === undefined ? createKey(owner, random) : keyOnce({ owner, epoch, once })
    const app = newApp(parts, { key, owner, epoch, createdAt: clock(), checked: { fields, trusted }, credentials })
    await withOutcomeDetails({ app: app.key }, async () => {
      if ((await storeApp(app)) === 'taken') throw alreadyRegistered(app.key)
    })
    events.emit('app', actor, { change: 'registered', app: app.key })
    return withConcealed({ app: appView(app) }, { secret: credentials.type === 'secrets' ? secret : undefined })
  }
  // The compiler cannot see that an app with neither `public` nor `jwks` has a secret.
  return register as AppRegistry['register']

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
