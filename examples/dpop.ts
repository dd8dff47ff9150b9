// Tokens that are bound to a key (DPoP, RFC 9449): what a thief has copied is of no use without the private key.
import { createHash, randomUUID } from 'node:crypto'
import { createAppGrant } from 'appgrant'
import { createHandler, protect } from 'appgrant/http'
import { memoryStore } from 'appgrant/memory'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

// The platform binds tokens, and demands a nonce in each proof. The key is random, and the same on all nodes.
const { NONCE_KEY = 'a key for this example, 32 bytes' } = process.env
const [issuer, api] = ['https://login.example', 'https://api.example']
const dpop = { nonceKeys: [NONCE_KEY] }
const appgrant = createAppGrant({ store: memoryStore(), issuer, resources: [api], dpop })
const handler = createHandler(appgrant)
const { app, secret } = await appgrant.apps.register({
  owner: 'org-7',
  name: 'Call Reports',
  homepage: 'https://reports.example/',
  adminEmail: 'ops@reports.example',
  trusted: true,
  // It never gets a bearer token.
  dpopBoundAccessTokens: true,
})

// The service.
const guard = protect(appgrant.authorizer, { audience: api, dpop })
async function calls(request: Request): Promise<Response> {
  const access = await guard(request)
  return access instanceof Response ? access : new Response(`calls of ${access.account}`)
}

// The app. Its library does all of this; the private key never leaves it.
async function createClient() {
  const { publicKey, privateKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  let nonce: string | undefined

  return async function send(to: typeof handler | typeof calls, request: Request, token?: string): Promise<Response> {
    const ath = token && createHash('sha256').update(token).digest('base64url')
    const proof = await new SignJWT({ htm: request.method, htu: request.url, jti: randomUUID(), ath, nonce })
      .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
      .setIssuedAt()
      .sign(privateKey)
    const again = request.clone()
    request.headers.set('dpop', proof)
    if (token) request.headers.set('authorization', `DPoP ${token}`)
    const response = await to(request)
    const known = nonce
    nonce = response.headers.get('dpop-nonce') ?? nonce
    const isAsked = nonce !== known && [400, 401].includes(response.status)
    return isAsked ? send(to, again, token) : response
  }
}

const [client, thief] = [await createClient(), await createClient()]
const form = { grant_type: 'client_credentials', client_id: app.key, client_secret: secret }
const tokenRequest = () => new Request(`${issuer}/token`, { method: 'POST', body: new URLSearchParams(form) })
const { access_token: token, token_type: type } = await (await client(handler, tokenRequest())).json()
console.log(`token of type ${type}`)

const request = () => new Request(`${api}/calls`)
console.log(`the app: ${await (await client(calls, request(), token)).text()}`)
const bearer = new Request(`${api}/calls`, { headers: { authorization: `Bearer ${token}` } })
console.log(`a thief, as bearer: ${(await calls(bearer)).status}`)
console.log(`a thief, with a key of its own: ${(await thief(calls, request(), token)).status}`)
await appgrant.close()
