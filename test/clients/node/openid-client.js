import * as client from 'openid-client'
import { browse, given, report, statusOf } from './program.js'

const { flow, key, secret, redirectUrl, scope } = given
const issuer = new URL(given.issuer)

if (key === undefined) {
  const metadata = { client_name: 'Call Reports', redirect_uris: [redirectUrl] }
  const options = { algorithm: 'oauth2', execute: [client.allowInsecureRequests] }
  await use(await client.dynamicClientRegistration(issuer, metadata, client.None(), options))
} else {
  const config = await client.discovery(issuer, key, secret, undefined, {
    algorithm: 'oauth2', // without it, openid-client looks for OpenID metadata
    execute: [client.allowInsecureRequests], // only for http, on this machine
  })
  await use(config)
}

async function use(config) {
  if (flow === 'app') {
    try {
      const tokens = await client.clientCredentialsGrant(config, { scope })
      const status = await statusOf(tokens.access_token)
      const { active } = await client.tokenIntrospection(config, tokens.access_token)
      await client.tokenRevocation(config, tokens.access_token)
      report({ scope: tokens.scope, status, active, afterRevocation: await statusOf(tokens.access_token) })
    } catch (error) {
      report({ error: error.cause[0].parameters.error })
    }
  } else if (flow === 'bound') {
    const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair())
    const verifier = client.randomPKCECodeVerifier()
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUrl,
      scope,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      dpop_jkt: await DPoP.calculateThumbprint(), // binds the code too
    })
    const callback = new URL(await browse(url))
    const checks = { pkceCodeVerifier: verifier }
    const tokens = await client.authorizationCodeGrant(config, callback, checks, undefined, { DPoP })
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP })
    const api = new URL(given.boundApi)
    const send = (token) => client.fetchProtectedResource(config, token, api, 'GET', undefined, undefined, { DPoP })
    const statuses = [(await send(tokens.access_token)).status, (await send(refreshed.access_token)).status]
    report({ type: refreshed.token_type, statuses, asBearer: await statusOf(refreshed.access_token) })
  } else {
    const verifier = client.randomPKCECodeVerifier()
    const state = client.randomState()
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUrl,
      scope,
      state,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const callback = new URL(await browse(url))
    const tokens = await client.authorizationCodeGrant(config, callback, {
      pkceCodeVerifier: verifier,
      expectedState: state,
    })
    const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token)
    const statuses = [await statusOf(tokens.access_token), await statusOf(refreshed.access_token)]
    await client.tokenRevocation(config, refreshed.refresh_token)
    report({
      scope: refreshed.scope,
      statuses,
      isRotated: tokens.refresh_token !== refreshed.refresh_token,
      afterRevocation: await statusOf(refreshed.access_token),
    })
  }
}
