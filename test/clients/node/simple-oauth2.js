import { createHash, randomBytes } from 'node:crypto'
import { AuthorizationCode, ClientCredentials } from 'simple-oauth2'
import { browse, given, report, statusOf } from './program.js'

const { flow, issuer, key, secret, redirectUrl, scope } = given

const config = {
  client: { id: key, secret: secret ?? '' },
  auth: { tokenHost: issuer, authorizePath: '/authorize', tokenPath: '/token', revokePath: '/revoke' },
}

if (flow === 'app') {
  const { authorizePath, ...auth } = config.auth
  try {
    const held = await new ClientCredentials({ ...config, auth }).getToken({ scope })
    const status = await statusOf(held.token.access_token)
    await held.revoke('access_token')
    report({ scope: held.token.scope, status, afterRevocation: await statusOf(held.token.access_token) })
  } catch (error) {
    report({ error: error.data.payload.error })
  }
} else {
  const state = randomBytes(16).toString('base64url')
  const client = new AuthorizationCode(config)
  const verifier = randomBytes(32).toString('base64url')
  const url = client.authorizeURL({
    redirect_uri: redirectUrl,
    scope,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const callback = new URL(await browse(url)).searchParams
  if (callback.get('state') !== state) throw new Error('the callback is for another request')
  const held = await client.getToken({
    code: callback.get('code'),
    redirect_uri: redirectUrl,
    code_verifier: verifier,
  })
  const refreshed = await held.refresh()
  const statuses = [await statusOf(held.token.access_token), await statusOf(refreshed.token.access_token)]
  await refreshed.revokeAll()
  report({
    scope: refreshed.token.scope,
    statuses,
    isRotated: held.token.refresh_token !== refreshed.token.refresh_token,
    afterRevocation: await statusOf(refreshed.token.access_token),
  })
}
