import { createServer } from 'node:http'
import passport from 'passport'
import OAuth2Strategy from 'passport-oauth2'
import { browse, given, report, statusOf } from './program.js'

const { issuer, key, secret, redirectUrl, scope } = given

const options = {
  authorizationURL: `${issuer}/authorize`,
  tokenURL: `${issuer}/token`,
  clientID: key,
  clientSecret: secret ?? '',
  callbackURL: redirectUrl,
}
const verify = (accessToken, refreshToken, params, _profile, done) =>
  done(null, { accessToken, refreshToken, scope: params.scope })

passport.use(new OAuth2Strategy({ ...options, pkce: true, state: true }, verify))
const authenticate = passport.authenticate('oauth2', { scope: scope.split(' '), session: false })

// The session of the one user, and the query, which Express would add.
const session = {}
const server = createServer((req, res) => {
  const query = Object.fromEntries(new URL(req.url, redirectUrl).searchParams)
  authenticate(Object.assign(req, { session, query }), res, () => res.end(JSON.stringify(req.user)))
})
server.listen(0, '127.0.0.1', async () => {
  const app = `http://127.0.0.1:${server.address().port}/`
  const begun = await fetch(app, { redirect: 'manual' })
  const { search } = new URL(await browse(begun.headers.get('location')))
  const user = await (await fetch(app + search)).json()
  report({
    scope: user.scope,
    statuses: [await statusOf(user.accessToken)],
    isRefreshable: user.refreshToken !== undefined,
  })
  server.close()
})
