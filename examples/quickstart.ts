// Registers an app, gets a token with its key and secret, uses it, and revokes everything at once.
import { createAppGrant, isAppGrantError } from 'appgrant'
import { memoryStore } from 'appgrant/memory'

const grants = createAppGrant({ store: memoryStore() })

// The secret can be read here and never again: only its SHA-256 is stored.
const { app, secret } = await grants.apps.register({
  owner: 'org-7',
  name: 'Call Reports',
  homepage: 'https://reports.example/',
  adminEmail: 'ops@reports.example',
  scopes: ['calls:read'],
  trusted: true,
})
console.log(`registered ${app.name} for ${app.owner}`)

// The app exchanges its key and secret for a token.
const { accessToken, expiresInSeconds } = await grants.authorizer.grantTrusted({ key: app.key, secret })
console.log(`token for ${expiresInSeconds} s`)

// Your API verifies the token of every request.
const access = await grants.authorizer.verify(accessToken)
if (!access.ok) throw new Error(`refused: ${access.reason}`)
console.log(`acts for ${access.account} with ${access.scope}`)

// One write revokes the old secret and every token, on every node.
await grants.apps.regenerateSecret(app.key)
const after = await grants.authorizer.verify(accessToken)
console.log(after.ok ? 'still valid' : `token: ${after.reason}`)

try {
  await grants.authorizer.grantTrusted({ key: app.key, secret })
} catch (error) {
  if (!isAppGrantError(error, 'app_authentication_failed')) throw error
  console.log(`old secret: ${error.message}`)
}
await grants.close()
