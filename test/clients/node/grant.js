import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import grant from 'grant'
import { browse, given, report, statusOf } from './program.js'

const { issuer, key, secret, redirectUrl, scope } = given

const config = {
  defaults: { origin: new URL(redirectUrl).origin, transport: 'state' },
  appgrant: {
    oauth: 2,
    authorize_url: `${issuer}/authorize`,
    access_url: `${issuer}/token`,
    key,
    secret,
    scope: scope.split(' '),
    scope_delimiter: ' ',
    redirect_uri: redirectUrl,
    pkce: true,
    state: true,
  },
}
const handle = grant.node({ config, session: { secret: randomBytes(32).toString('hex') } })

const server = createServer(async (req, res) => {
  const { response, redirect } = await handle(req, res)
  if (!redirect) res.end(JSON.stringify(response))
})
server.listen(0, '127.0.0.1', async () => {
  const app = `http://127.0.0.1:${server.address().port}/connect/appgrant`
  const begun = await fetch(app, { redirect: 'manual' })
  const [cookie] = begun.headers.get('set-cookie').split(';')
  const { search } = new URL(await browse(begun.headers.get('location')))
  const tokens = await (await fetch(`${app}/callback${search}`, { headers: { cookie } })).json()
  const { access_token: accessToken, refresh_token: refreshToken, raw } = tokens
  report({ scope: raw.scope, statuses: [await statusOf(accessToken)], isRefreshable: refreshToken !== undefined })
  server.close()
})
