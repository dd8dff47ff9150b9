// Signed access tokens (RFC 9068): a service checks the signature itself, without a call for each token.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateSigningKey } from 'appgrant'
import { createHandler } from 'appgrant/http'
import { toNodeHandler } from 'appgrant/node'
import { signatureVerifier } from 'appgrant/resource'
import { platform } from './platform.ts'

// The platform. A real one generates the key once and keeps it where it keeps its private keys.
const server = createServer().listen(0, '127.0.0.1')
await once(server, 'listening')
const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
const { appgrant, key, secret } = await platform({ issuer, signing: { current: await generateSigningKey() } })
server.on('request', toNodeHandler(createHandler(appgrant)))

const { accessToken } = await appgrant.authorizer.clientCredentials({ key, secret })
console.log(`token: a JWT of ${accessToken.split('.').length} parts`)

// The service, in another process. It fetches the public keys from the issuer's /jwks.json.
const service = signatureVerifier({ issuer, audience: issuer })
const { account } = await service.verify(accessToken)
console.log(`service: valid for ${account}`)

// A service that checks only the signature learns of a revocation when the token expires. `authorizer` knows now.
await appgrant.apps.revokeTokens(key)
const [there, here] = [await service.tryVerify(accessToken), await appgrant.authorizer.tryVerify(accessToken)]
console.log(
  `revoked: ${there.ok ? 'valid' : there.reason} for the service, ${here.ok ? 'valid' : here.reason} for authorizer`,
)
server.close().closeAllConnections()
await appgrant.close()
