// better-auth's OAuth provider on PostgreSQL, by its own adapter: as its documentation has it, but without its limit of requests.
import { oauthProvider } from '@better-auth/oauth-provider'
import { betterAuth } from 'better-auth'
import { getMigrations } from 'better-auth/db/migration'
import { toNodeHandler } from 'better-auth/node'
import { jwt } from 'better-auth/plugins'
import { Pool } from 'pg'
import { routes, serve } from './serve.ts'

const options = {
  baseURL: 'http://127.0.0.1/api/auth',
  secret: 'a secret of the benchmark, long enough for it',
  database: new Pool({ connectionString: process.argv[2] }),
  emailAndPassword: { enabled: true },
  rateLimit: { enabled: false },
  telemetry: { enabled: false },
  plugins: [
    jwt(),
    oauthProvider({
      loginPage: '/sign-in',
      consentPage: '/consent',
      scopes: ['calls'],
      clientPrivileges: () => true,
      silenceWarnings: { oauthAuthServerConfig: true },
    }),
  ],
}
// It looks for its tables as soon as it is made.
await (await getMigrations(options)).runMigrations()
const auth = betterAuth(options)

// It makes clients for people who are signed in.
const { headers } = await auth.api.signUpEmail({
  body: { name: 'Bench', email: 'ops@bench.example', password: 'a password of the benchmark' },
  returnHeaders: true,
})
const client = await auth.api.adminCreateOAuthClient({
  headers: new Headers({ cookie: headers.get('set-cookie')?.split(';')[0] ?? '' }),
  body: {
    client_name: 'Bench',
    redirect_uris: ['https://bench.example/callback'],
    grant_types: ['client_credentials'],
    client_credentials_scopes: ['calls'],
    token_endpoint_auth_method: 'client_secret_basic',
  },
})

const handler = toNodeHandler(auth)
serve(
  routes({
    '/token': (req, res) => handler(Object.assign(req, { url: '/api/auth/oauth2/token' }), res),
    '/introspect': (req, res) => handler(Object.assign(req, { url: '/api/auth/oauth2/introspect' }), res),
  }),
  { key: client.client_id, secret: client.client_secret },
)
