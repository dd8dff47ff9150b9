// Registers an app, gets a token with its key and secret, uses it, and revokes everything at once.
import { createAppGrant, isAppGrantError } from 'appgrant'
import { memoryStore } from 'appgrant/memory'

// The scopes that apps can have, and what they mean to people.
const appgrant = createAppGrant({ store: memoryStore(), scopes: { 'calls:read': 'See your calls' } })

// The secret can be read here and never again: only its SHA-256 is stored.
const { app, secret } = await appgrant.apps.register({
  owner: 'org-7',
  name: 'Call Reports',
  homepage: 'https://reports.example/',
  adminEmail: 'ops@reports.example',
  scopes: ['calls:read'],
  trusted: true,
})
console.log(`registered ${app.name} for ${app.owner}`)

// The app exchanges its key and secret for a token.
const { accessToken, expiresInSeconds } = await appgrant.authorizer.clientCredentials({ key: app.key, secret })
console.log(`token for ${expiresInSeconds} s`)

// Your API verifies the token of every request. An invalid one is an AppGrantError `invalid_token`.
const access = await appgrant.authorizer.verify(accessToken)
console.log(`acts for ${access.account} with ${access.scope}`)

// One write revokes the old secret and every token, on every node.
await appgrant.apps.regenerateSecret(app.key)
// `tryVerify` returns why a token is not valid.
const after = await appgrant.authorizer.tryVerify(accessToken)
console.log(after.ok ? 'still valid' : `token: ${after.reason}`)

try {
  await appgrant.authorizer.clientCredentials({ key: app.key, secret })
} catch (error) {
  if (!isAppGrantError(error, 'app_authentication_failed')) throw error
  console.log(`old secret: ${error.message}`)
}
await appgrant.close()
