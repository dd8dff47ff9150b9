import * as client from 'openid-client'
import { browse, given, report, statusOf } from './program.js'

const config = await client.discovery(new URL(given.issuer), given.key, given.secret, undefined, {
  algorithm: 'oauth2', // without it, openid-client looks for OpenID metadata
  execute: [client.allowInsecureRequests], // only for http, on this machine
})
const device = await client.initiateDeviceAuthorization(config, { scope: given.scope })
await browse(device.verification_uri_complete)
const tokens = await client.pollDeviceAuthorizationGrant(config, device)
const refreshed = await client.refreshTokenGrant(config, tokens.refresh_token)
report({ scope: refreshed.scope, status: await statusOf(refreshed.access_token) })
