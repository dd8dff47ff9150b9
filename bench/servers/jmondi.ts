// @jmondi/oauth2-server on Redis. Tuned: no Express, and its JWTs are signed with a KeyObject instead of a text that becomes one every time.
import { createSecretKey } from 'node:crypto'
import {
  AuthorizationServer,
  DateInterval,
  generateRandomToken,
  JwtService,
  type OAuthClient,
  OAuthRequest,
  type OAuthToken,
} from '@jmondi/oauth2-server'
import { APP, isTuned, peerRoutes, readForm, redisHere, sendJson, serve } from './serve.ts'

const SIGNING_KEY = 'a signing key of the benchmark, long enough for HS256'

const redis = redisHere()
const client: OAuthClient = {
  id: APP.key,
  name: 'Bench',
  secret: APP.secret,
  redirectUris: [],
  allowedGrants: ['client_credentials'],
  scopes: [],
}
await redis.set(`jm:client:${client.id}`, JSON.stringify(client))

const clients = {
  getByIdentifier: async (id: string): Promise<OAuthClient> =>
    JSON.parse((await redis.get(`jm:client:${id}`)) ?? 'null'),
  isClientValid: async (grant: string, client: OAuthClient, secret?: string) =>
    client.secret === secret && client.allowedGrants.includes(grant),
}
const tokens = {
  issueToken: async (client: OAuthClient): Promise<OAuthToken> => ({
    accessToken: generateRandomToken(),
    accessTokenExpiresAt: new DateInterval('1h').getEndDate(),
    client,
    scopes: [],
  }),
  async persist({ client, ...token }: OAuthToken): Promise<void> {
    const saved = JSON.stringify({ ...token, client: { id: client.id } })
    await redis.set(`jm:token:${token.accessToken}`, saved, 'PXAT', token.accessTokenExpiresAt.getTime())
  },
  async getByAccessToken(id: string): Promise<OAuthToken> {
    const found = await redis.get(`jm:token:${id}`)
    if (found === null) throw new Error('no such token')
    const token = JSON.parse(found)
    return { ...token, accessTokenExpiresAt: new Date(token.accessTokenExpiresAt) }
  },
}
const scopes = { getAllByIdentifiers: async () => [], finalize: async () => [] }
const jwt = new JwtService(isTuned ? createSecretKey(Buffer.from(SIGNING_KEY)) : SIGNING_KEY)
const server = new AuthorizationServer(clients, tokens, scopes, jwt)
server.enableGrantType('client_credentials')

serve(
  peerRoutes({
    '/token': async (req, res) => {
      const { headers } = req
      const answer = await server.respondToAccessTokenRequest(new OAuthRequest({ headers, body: await readForm(req) }))
      sendJson(res, answer.body, answer.status, answer.headers)
    },
    '/introspect': async (req, res) => {
      const { headers } = req
      const answer = await server.introspect(new OAuthRequest({ headers, body: await readForm(req) }))
      sendJson(res, answer.body, answer.status, answer.headers)
    },
    // The signature says who made the token, the record that nobody took it back.
    '/bearer': async (req, res) => {
      const { jti } = await jwt.verify(req.headers.authorization?.slice('Bearer '.length) ?? '')
      const { client, accessTokenExpiresAt } = await tokens.getByAccessToken(String(jti))
      if (accessTokenExpiresAt.getTime() > Date.now()) sendJson(res, { account: client.id })
      else sendJson(res, { error: 'invalid_token' }, 401)
    },
  }),
)
