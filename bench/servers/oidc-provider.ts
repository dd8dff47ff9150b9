// oidc-provider with the Redis adapter of its examples: tokens are JSON under one key, set with its expiry in one MULTI.
import { generateKeyPairSync } from 'node:crypto'
import Provider from 'oidc-provider'
import { APP, redisHere, serve } from './serve.ts'

const redis = redisHere()

interface Owned {
  readonly clientId: string
}

/** Only what the client credentials grant and introspection call. */
class RedisAdapter {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
  async upsert(id: string, payload: object, expiresIn: number): Promise<void> {
    await redis.multi().set(this.key(id), JSON.stringify(payload)).expire(this.key(id), expiresIn).exec()
  }
  async find(id: string): Promise<object | undefined> {
    const found = await redis.get(this.key(id))
    return found === null ? undefined : JSON.parse(found)
  }
  private key(id: string): string {
    return `oidc:${this.name}:${id}`
  }
}

const provider = new Provider('http://127.0.0.1', {
  adapter: RedisAdapter,
  clients: [
    {
      client_id: APP.key,
      client_secret: APP.secret,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    },
  ],
  features: {
    clientCredentials: { enabled: true },
    // As here: an app learns of its own tokens only.
    introspection: {
      enabled: true,
      allowedPolicy: (_context: object, client: Owned, token: Owned) => token.clientId === client.clientId,
    },
    devInteractions: { enabled: false },
  },
  ttl: { ClientCredentials: 3600 },
  jwks: { keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })] },
  cookies: { keys: ['a key of the benchmark'] },
})
const handler = provider.callback()

serve(async (req, res) => {
  if (req.url !== '/bearer') return await handler(req, res)
  const token = await provider.ClientCredentials.find(req.headers.authorization?.slice('Bearer '.length) ?? '')
  res.writeHead(token ? 200 : 401, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  res.end(JSON.stringify(token ? { account: token.clientId } : { error: 'invalid_token' }))
})
