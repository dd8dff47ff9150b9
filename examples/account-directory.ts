// The accounts stay in your application. appgrant asks one question: who is above this account, and what may each of them do?
import { type AccountDirectory, type AccountState, createAppGrant, isAppGrantError } from 'appgrant'
import { memoryStore } from 'appgrant/memory'
import { exampleApp } from 'appgrant/testing'

/** A row of your own table of accounts: an organization belongs to a provider, a user to an organization. */
interface Account extends Partial<AccountState> {
  readonly parent?: string
}
const accounts = new Map<string, Account>([
  // The provider, and everyone below it, may register apps of the API type `system` only.
  ['provider', { mayRegisterApps: ['system'] }],
  // A tenant: apps of this organization may be authorized by its own accounts only, until the platform publishes them.
  ['org', { parent: 'provider', tenant: 'org' }],
  ['ann', { parent: 'org', tenant: 'org', mayRegisterApps: false, mayTrustApps: false }],
])

const directory: AccountDirectory = {
  async lineage(account) {
    const lineage: AccountState[] = []
    for (let id: string | undefined = account; id !== undefined; id = accounts.get(id)?.parent) {
      const row = accounts.get(id)
      // An empty lineage: there is no such account. If the database is down, reject instead: that is an outage.
      if (!row) return []
      const { parent, ...state } = row
      lineage.push({ active: true, mayUseApps: true, mayRegisterApps: true, mayTrustApps: true, ...state, id })
    }
    return lineage
  },
}
/** Changes the row of an account. */
const set = (id: string, change: Account) => accounts.set(id, { ...accounts.get(id), ...change })

const appgrant = createAppGrant({ store: memoryStore(), directory })
const refused = (call: Promise<unknown>) =>
  call.then(
    () => 'allowed',
    (error) => (isAppGrantError(error) ? error.code : Promise.reject(error)),
  )

// An account acts through `as`. An ancestor may manage the apps below it. Nobody gains a permission that is lacking above.
const fields = exampleApp({ owner: 'org', apiType: 'system', trusted: true })
console.log(`ann registers an app: ${await refused(appgrant.as('ann').apps.register({ ...fields, owner: 'ann' }))}`)
console.log(
  `org, of another API type: ${await refused(appgrant.as('org').apps.register({ ...fields, apiType: 'unified' }))}`,
)
const { app, secret } = await appgrant.as('org').apps.register(fields)
console.log(`org: ${app.name}`)

const { accessToken } = await appgrant.authorizer.clientCredentials({ key: app.key, secret })
const token = async () => {
  const access = await appgrant.authorizer.tryVerify(accessToken)
  return access.ok ? 'valid' : access.reason
}
// The directory is asked at use. Nothing is written when the state of an account changes.
set('provider', { active: false })
console.log(`the provider is blocked: ${await token()}`)
set('provider', { active: true, mayUseApps: ({ key }) => key !== app.key })
console.log(`the provider forbids this app to all below it: ${await token()}`)
set('provider', { mayUseApps: true })
console.log(`and allows it again: ${await token()}`)

// After a takeover, or before an id is used again: a new epoch revokes all that was granted under the old one.
set('org', { epoch: '2' })
console.log(`org has a new epoch: ${await token()}`)
const renewed = await appgrant.as('provider').apps.regenerateSecret(app.key)
console.log(
  `provider regenerates the secret: ${await refused(appgrant.authorizer.clientCredentials({ key: app.key, secret: renewed.secret }))}`,
)
await appgrant.close()
