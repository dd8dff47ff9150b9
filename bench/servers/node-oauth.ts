// @node-oauth/oauth2-server on Redis. Tuned: no Express, and its tokens are made in place, not by the thread pool. It signs nothing.
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import OAuth2Server from '@node-oauth/oauth2-server'
import { APP, isTuned, peerRoutes, readForm, redisHere, sendJson, serve } from './serve.ts'

interface Client {
  readonly id: string
  readonly secret: string
  readonly grants: readonly string[]
}
interface Token {
  readonly accessToken: string
  readonly accessTokenExpiresAt: Date
}

const redis = redisHere()
const client: Client = { id: APP.key, secret: APP.secret, grants: ['client_credentials'] }
await redis.set(`no:client:${client.id}`, JSON.stringify(client))

const server = new OAuth2Server({
  model: {
    async getClient(id: string, secret: string) {
      const found = await redis.get(`no:client:${id}`)
      const client: Client | undefined = found === null ? undefined : JSON.parse(found)
      return client?.secret === secret && client
    },
    getUserFromClient: async ({ id }: Client) => ({ id }),
    async saveToken(token: Token, { id }: Client, user: unknown) {
      const saved = { ...token, client: { id }, user }
      await redis.set(
        `no:token:${token.accessToken}`,
        JSON.stringify(saved),
        'PXAT',
        token.accessTokenExpiresAt.getTime(),
      )
      return saved
    },
    async getAccessToken(text: string) {
      const found = await redis.get(`no:token:${text}`)
      if (found === null) return undefined
      const token = JSON.parse(found)
      return { ...token, accessTokenExpiresAt: new Date(token.accessTokenExpiresAt) }
    },
    ...(isTuned && { generateAccessToken: async () => randomBytes(32).toString('hex') }),
  },
})

function translate({ headers, method }: IncomingMessage, body?: Record<string, string>) {
  return new OAuth2Server.Request({ headers, method, query: {}, ...(body && { body }) })
}

serve(
  peerRoutes({
    '/token': async (req: IncomingMessage, res: ServerResponse) => {
      const answer = new OAuth2Server.Response()
      await server.token(translate(req, await readForm(req)), answer)
      sendJson(res, answer.body, answer.status, answer.headers)
    },
    '/bearer': async (req, res) => {
      const { user } = await server.authenticate(translate(req), new OAuth2Server.Response())
      sendJson(res, { account: user.id })
    },
  }),
)
