// An app with a key pair instead of a secret: it signs each token request (private_key_jwt, RFC 7523).
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAppGrant } from 'appgrant'
import { createHandler } from 'appgrant/http'
import { memoryStore } from 'appgrant/memory'
import { toNodeHandler } from 'appgrant/node'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'

// The host.
const server = createServer().listen(0, '127.0.0.1')
await once(server, 'listening')
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const appgrant = createAppGrant({ store: memoryStore(), issuer, scopes: { 'calls:read': 'See your calls' } })
server.on('request', toNodeHandler(createHandler(appgrant)))

// The app generates the pair and keeps the private key. The host gets the public key.
const { publicKey, privateKey } = await generateKeyPair('ES256')
const { app } = await appgrant.apps.register({
  owner: 'org-7',
  name: 'Call Reports',
  homepage: 'https://reports.example/',
  adminEmail: 'ops@reports.example',
  scopes: ['calls:read'],
  trusted: true,
  jwks: [await exportJWK(publicKey)],
})

/** Every request needs a new assertion: each is accepted only once. */
function assertionBy(key: CryptoKey): Promise<string> {
  return new SignJWT({ iss: app.key, sub: app.key, aud: issuer, jti: randomUUID() })
    .setProtectedHeader({ alg: 'ES256' })
    .setExpirationTime('1m')
    .sign(key)
}

async function token(assertion: string) {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion,
  })
  const answer = await fetch(`${issuer}/token`, { method: 'POST', body })
  const { access_token: accessToken = '', error = 'none' } = (await answer.json()) as Record<string, string>
  return { accessToken, error }
}

const assertion = await assertionBy(privateKey)
const first = await token(assertion)
const { account } = await appgrant.authorizer.verify(first.accessToken)
console.log(`token: acts for ${account}`)
console.log(`the same assertion again: ${(await token(assertion)).error}`)

// One write: the old key and every token stop working, on every node.
const next = await generateKeyPair('ES256')
await appgrant.apps.replaceJwks(app.key, [await exportJWK(next.publicKey)])
const after = await appgrant.authorizer.tryVerify(first.accessToken)
console.log(`token: ${after.ok ? 'still valid' : after.reason}`)
console.log(`old key: ${(await token(await assertionBy(privateKey))).error}`)
console.log(`new key: ${(await token(await assertionBy(next.privateKey))).error}`)
server.close().closeAllConnections()
await appgrant.close()
