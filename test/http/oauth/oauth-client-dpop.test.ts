import { createServer } from 'node:http'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { protectNode } from '../../../src/node.ts'
import { NONCE_KEY } from '../../support/dpop.ts'
import { closed, listening, realServer } from '../../support/real-server.ts'
import { userApproves } from '../../support/user-approves.ts'

const REDIRECT = 'https://reports.example/callback'
const options = { [oauth.allowInsecureRequests]: true }

let server: Awaited<ReturnType<typeof realServer>>
const api = createServer()
let calls: URL
beforeAll(async () => {
  server = await realServer({}, { dpop: { nonceKeys: [NONCE_KEY] } })
  const url = await listening(api)
  const dpop = { url, nonceKeys: ['another key of the same length'.padEnd(32)] }
  const guard = protectNode(server.appgrant.authorizer, { scope: 'calls:read', dpop })
  api.on('request', (request, response) => guard(request, response, () => response.end('calls')))
  calls = new URL(`${url}/calls?page=2`)
})
afterAll(async () => {
  await closed(api)
  await server.close()
})

/** As the documentation of the library says: once more, with the nonce that it has remembered. */
async function withNonce<T>(send: () => Promise<T>): Promise<T> {
  try {
    return await send()
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error
    return send()
  }
}

describe('oauth4webapi with DPoP, unmodified', () => {
  it.each(['ES256', 'Ed25519', 'PS256', 'RS256'])(
    'it binds a code and tokens to a key with %s, refreshes, and uses them (DPOP-1, DPOP-2, DPOP-3, DPOP-4)',
    async (algorithm) => {
      const { app } = await server.register({ public: true, dpopBoundAccessTokens: true })
      const client: oauth.Client = { client_id: app.key }
      const issuer = new URL(server.issuer)
      const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options })
      const as = await oauth.processDiscoveryResponse(issuer, found)
      const DPoP = oauth.DPoP(client, await oauth.generateKeyPair(algorithm))
      const bound = { ...options, DPoP }

      const verifier = oauth.generateRandomCodeVerifier()
      const url = new URL(as.authorization_endpoint ?? '')
      url.search = new URLSearchParams({
        response_type: 'code',
        client_id: app.key,
        redirect_uri: REDIRECT,
        scope: 'calls:read',
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        dpop_jkt: await DPoP.calculateThumbprint(),
      }).toString()
      const callback = oauth.validateAuthResponse(
        as,
        client,
        await userApproves(url.href, 'calls:read'),
        oauth.skipStateCheck,
      )
      const first = await withNonce(async () =>
        oauth.processAuthorizationCodeResponse(
          as,
          client,
          await oauth.authorizationCodeGrantRequest(as, client, oauth.None(), callback, REDIRECT, verifier, bound),
        ),
      )
      expect(first.token_type).toBe('dpop')
      const second = await withNonce(async () =>
        oauth.processRefreshTokenResponse(
          as,
          client,
          await oauth.refreshTokenGrantRequest(as, client, oauth.None(), first.refresh_token ?? '', bound),
        ),
      )
      for (const { access_token } of [first, second]) {
        const send = () => oauth.protectedResourceRequest(access_token, 'GET', calls, undefined, undefined, bound)
        const response = await withNonce(send)
        expect([response.status, await response.text()]).toEqual([200, 'calls'])
      }
      const bearer = oauth.protectedResourceRequest(second.access_token, 'GET', calls, undefined, undefined, options)
      await expect(bearer).rejects.toMatchObject({
        cause: [
          { scheme: 'bearer', parameters: { error: 'invalid_token' } },
          { scheme: 'dpop', parameters: { algs: 'ES256 EdDSA PS256 RS256 Ed25519' } },
        ],
      })
      const thief = { ...options, DPoP: oauth.DPoP(client, await oauth.generateKeyPair('ES256')) }
      const stolen = withNonce(async () =>
        oauth.processRefreshTokenResponse(
          as,
          client,
          await oauth.refreshTokenGrantRequest(as, client, oauth.None(), second.refresh_token ?? '', thief),
        ),
      )
      await expect(stolen).rejects.toMatchObject({ error: 'invalid_dpop_proof', status: 400 })
    },
  )
})
