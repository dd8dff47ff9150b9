import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import * as oauth from 'oauth4webapi'
import { afterEach, describe, expect, it } from 'vitest'
import { toNodeHandler } from '../../../src/node.ts'
import { appSigner } from '../../support/app-signer.ts'
import { httpFixture } from '../../support/http-fixture.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

/** A server whose issuer is the address it listens on. */
async function serve(path: string) {
  const server = createServer()
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  const here = httpFixture({ issuer })
  server.on('request', toNodeHandler(here.handler))
  return { ...here, issuer: new URL(issuer) }
}

// A server on the loopback interface has no https; nothing else is special here.
const options = { [oauth.allowInsecureRequests]: true }

describe.each(['', '/oauth/v1'])('oauth4webapi, unmodified, with an issuer of path %j', (path) => {
  it.each([
    ['Basic', oauth.ClientSecretBasic],
    ['the body', oauth.ClientSecretPost],
  ])('oauth4webapi does discovery, client credentials by %s, introspection and revocation', async (_, method) => {
    const { issuer, trustedApp, appgrant } = await serve(path)
    const { app, secret } = await trustedApp()
    const client: oauth.Client = { client_id: app.key }
    const authentication = method(secret)

    const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options })
    const server = await oauth.processDiscoveryResponse(issuer, found)
    expect(server.issuer).toBe(issuer.href.replace(/\/$/, ''))

    const scope = new URLSearchParams({ scope: 'calls:read' })
    const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, scope, options)
    const granted = await oauth.processClientCredentialsResponse(server, client, response)
    expect(granted).toMatchObject({ token_type: 'bearer', expires_in: 3600, scope: 'calls:read' })
    expect(await appgrant.authorizer.tryVerify(granted.access_token)).toMatchObject({ ok: true })

    const introspect = async () => {
      const told = await oauth.introspectionRequest(server, client, authentication, granted.access_token, options)
      return oauth.processIntrospectionResponse(server, client, told)
    }
    expect(await introspect()).toMatchObject({ active: true, client_id: app.key, scope: 'calls:read' })
    const revoked = await oauth.revocationRequest(server, client, authentication, granted.access_token, options)
    expect(await oauth.processRevocationResponse(revoked)).toBeUndefined()
    expect(await introspect()).toEqual({ active: false })
  })

  it.each(['ES256', 'Ed25519', 'PS256', 'RS256'])(
    'oauth4webapi does client credentials, introspection and revocation by PrivateKeyJwt with %s (S69, RFC 7523)',
    async (algorithm) => {
      const { issuer, keyedApp, appgrant } = await serve(path)
      const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
      const [jwk, kid] = [await exportJWK(publicKey), 'the-key']
      const { app } = await keyedApp({ jwks: [{ ...jwk, kid }] })
      const client: oauth.Client = { client_id: app.key }
      const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options })
      const server = await oauth.processDiscoveryResponse(issuer, found)
      expect(server.token_endpoint_auth_methods_supported).toContain('private_key_jwt')
      expect(server.token_endpoint_auth_signing_alg_values_supported).toContain(algorithm)

      const ask = async (authentication: oauth.ClientAuth) => {
        const response = await oauth.clientCredentialsGrantRequest(server, client, authentication, {}, options)
        return oauth.processClientCredentialsResponse(server, client, response)
      }
      const authentication = oauth.PrivateKeyJwt({ key: privateKey, kid })
      const granted = await ask(oauth.PrivateKeyJwt(privateKey))
      expect(await appgrant.authorizer.tryVerify(granted.access_token)).toMatchObject({ ok: true })
      const told = await oauth.introspectionRequest(server, client, authentication, granted.access_token, options)
      expect(await oauth.processIntrospectionResponse(server, client, told)).toMatchObject({ active: true })
      const revoked = await oauth.revocationRequest(server, client, authentication, granted.access_token, options)
      expect(await oauth.processRevocationResponse(revoked)).toBeUndefined()
      expect(await appgrant.authorizer.tryVerify(granted.access_token)).toMatchObject({ reason: 'revoked' })

      await appgrant.apps.replaceJwks(app.key, [(await appSigner()).jwk])
      const refused = await ask(authentication).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(oauth.WWWAuthenticateChallengeError)
      expect(refused).toMatchObject({ status: 401 })
    },
  )

  it('oauth4webapi understands our refusals', async () => {
    const { issuer, trustedApp } = await serve(path)
    const { app } = await trustedApp()
    const found = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options })
    const server = await oauth.processDiscoveryResponse(issuer, found)
    const client: oauth.Client = { client_id: app.key }
    const ask = async (method: oauth.ClientAuth, parameters = {}) => {
      const response = await oauth.clientCredentialsGrantRequest(server, client, method, parameters, options)
      return oauth.processClientCredentialsResponse(server, client, response).catch((error: unknown) => error)
    }
    const challenged = await ask(oauth.ClientSecretBasic('wrong'))
    expect(challenged).toBeInstanceOf(oauth.WWWAuthenticateChallengeError)
    expect(challenged).toMatchObject({ status: 401, cause: [{ scheme: 'basic', parameters: { realm: 'apps' } }] })
  })
})
