// A page of a public app that uses oauth4webapi, and what such pages add: tracing headers, and MCP's to the metadata.
import * as oauth from '/oauth4webapi.js'

const { issuer, clientId, redirectUri } = await (await fetch('/settings')).json()
const insecure = { [oauth.allowInsecureRequests]: true }
const traced = {
  ...insecure,
  headers: {
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    'x-requested-with': 'XMLHttpRequest',
  },
}
const client = { client_id: clientId }

async function run() {
  const found = await oauth.discoveryRequest(new URL(issuer), {
    ...insecure,
    algorithm: 'oauth2',
    headers: { 'MCP-Protocol-Version': '2025-11-25' },
  })
  const server = await oauth.processDiscoveryResponse(new URL(issuer), found)

  if (location.pathname === '/') {
    const verifier = oauth.generateRandomCodeVerifier()
    const state = oauth.generateRandomState()
    sessionStorage.setItem('sent', JSON.stringify({ verifier, state }))
    const url = new URL(server.authorization_endpoint)
    url.search = new URLSearchParams({
      client_id: clientId,
      redirect_uri: redirectUri,
      response_type: 'code',
      scope: 'calls:read',
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    location.assign(url)
    return
  }

  const { verifier, state } = JSON.parse(sessionStorage.getItem('sent'))
  const callback = oauth.validateAuthResponse(server, client, new URL(location.href), state)
  const redeemed = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    callback,
    redirectUri,
    verifier,
    traced,
  )
  const tokens = await oauth.processAuthorizationCodeResponse(server, client, redeemed)
  const refresh = () =>
    oauth
      .refreshTokenGrantRequest(server, client, oauth.None(), tokens.refresh_token, traced)
      .then((response) => oauth.processRefreshTokenResponse(server, client, response))
  const refreshed = await refresh()
  const revoked = await oauth.revocationRequest(server, client, oauth.None(), refreshed.refresh_token, traced)
  await oauth.processRevocationResponse(revoked)
  const { error } = await refresh().catch((refused) => refused)
  return { scope: tokens.scope, isRotated: refreshed.refresh_token !== tokens.refresh_token, afterRevocation: error }
}

const seen = await run().catch((error) => ({ failed: String(error), cause: String(error.cause) }))
if (seen) document.body.textContent = JSON.stringify(seen)
