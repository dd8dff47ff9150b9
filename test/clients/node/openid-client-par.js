import * as client from 'openid-client'
import { browse, given, report, statusOf } from './program.js'

const config = await client.discovery(new URL(given.issuer), given.key, given.secret, undefined, {
  algorithm: 'oauth2', // without it, openid-client looks for OpenID metadata
  execute: [client.allowInsecureRequests], // only for http, on this machine
})
const verifier = client.randomPKCECodeVerifier()
const state = client.randomState()
const url = await client.buildAuthorizationUrlWithPAR(config, {
  redirect_uri: given.redirectUrl,
  scope: given.scope,
  state,
  code_challenge: await client.calculatePKCECodeChallenge(verifier),
  code_challenge_method: 'S256',
})
const callback = new URL(await browse(url))
const tokens = await client.authorizationCodeGrant(config, callback, {
  pkceCodeVerifier: verifier,
  expectedState: state,
})
report({ carried: [...url.searchParams.keys()], scope: tokens.scope, status: await statusOf(tokens.access_token) })
