import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { realServer } from '../../support/real-server.ts'
import { userApproves } from '../../support/user-approves.ts'

const insecure = { [oauth.allowInsecureRequests]: true } as const
const REDIRECT = 'https://reports.example/callback'

// The unmodified client library over a real connection.
describe('oauth4webapi, for users', () => {
  let server: Awaited<ReturnType<typeof realServer>>
  beforeAll(async () => {
    server = await realServer()
  })
  afterAll(() => server.close())

  async function discover(): Promise<oauth.AuthorizationServer> {
    const issuer = new URL(server.issuer)
    const response = await oauth.discoveryRequest(issuer, { ...insecure, algorithm: 'oauth2' })
    return oauth.processDiscoveryResponse(issuer, response)
  }

  function authorized(as: oauth.AuthorizationServer, client: oauth.Client, challenge: string): Promise<URL> {
    const url = new URL(as.authorization_endpoint ?? '')
    url.search = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri: REDIRECT,
      response_type: 'code',
      scope: 'calls:read',
      state: 'the state',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    }).toString()
    return userApproves(url, 'calls:read')
  }

  it.each([
    ['confidential, by Basic', (secret: string) => oauth.ClientSecretBasic(secret)],
    ['confidential, in the body', (secret: string) => oauth.ClientSecretPost(secret)],
    ['public', () => oauth.None()],
  ])(
    'oauth4webapi does code with PKCE, refresh, introspection and revocation as a client that is %s',
    async (kind, authOf) => {
      const isPublic = kind === 'public'
      const { app, secret = '' } = await server.register({ public: isPublic })
      const as = await discover()
      expect(as.code_challenge_methods_supported).toEqual(['S256'])
      const client: oauth.Client = { client_id: app.key }
      const auth = authOf(secret)

      const verifier = oauth.generateRandomCodeVerifier()
      const location = await authorized(as, client, await oauth.calculatePKCECodeChallenge(verifier))
      const params = oauth.validateAuthResponse(as, client, location, 'the state')
      const first = await oauth.processAuthorizationCodeResponse(
        as,
        client,
        await oauth.authorizationCodeGrantRequest(as, client, auth, params, REDIRECT, verifier, insecure),
      )
      expect(first).toMatchObject({ token_type: 'bearer', scope: 'calls:read' })

      const second = await oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(as, client, auth, first.refresh_token ?? '', insecure),
      )
      expect(second.refresh_token).not.toBe(first.refresh_token)

      const introspected = async () =>
        oauth.processIntrospectionResponse(
          as,
          client,
          await oauth.introspectionRequest(as, client, auth, second.access_token, insecure),
        )
      // Introspection is for apps that can authenticate.
      if (isPublic) await expect(introspected()).rejects.toBeInstanceOf(oauth.WWWAuthenticateChallengeError)
      else
        expect(await introspected()).toMatchObject({
          active: true,
          kind: 'user',
          client_id: app.key,
          sub: 'user-1',
          scope: 'calls:read',
        })

      const refreshToken = second.refresh_token ?? ''
      await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, refreshToken, insecure))
      expect((await server.appgrant.authorizer.tryVerify(second.access_token)).ok).toBe(false)
      const refused = oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(as, client, auth, refreshToken, insecure),
      )
      await expect(refused).rejects.toMatchObject({ error: 'invalid_grant', status: 400 })
    },
  )
})
