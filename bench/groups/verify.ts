import crypto, { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { Redis } from 'ioredis'
import { protect } from '../../dist/http.js'
import type { AppGrant } from '../../dist/index.js'
import { redisStore } from '../../dist/redis.js'
import { singleRedis } from '../../test/support/servers/redis.ts'
import { cycle, mint, platform, userToken } from '../apps.ts'
import { atOnce, interleaved, type Run } from '../measure.ts'
import type { Group } from '../report.ts'

const ISSUER = 'https://auth.bench.example'
const API = 'https://api.bench.example'
const CALLS = `${API}/calls`
/** More than a round verifies. */
const PROOFS = 100_000

/** Verification on Redis: strict and from the cache, of app-only and of users' tokens, and of tokens that are bound to a key. */
export const verify: Group = async (bench) => {
  const server = await singleRedis()
  const client = new Redis(server.address)
  const { appgrant, key, secret } = await platform(redisStore({ client, namespace: `bench${Date.now()}` }), {
    dpop: {},
    resources: [API],
  })
  const appTokens = cycle(await mint(appgrant, { key, secret }, 500))
  const made = await Promise.all(
    Array.from({ length: 100 }, (_, at) => userToken(appgrant, { key, secret, account: `user-${at}` })),
  )
  const userTokens = cycle(made.map(({ accessToken }) => accessToken))
  const contenders = [
    { name: 'app', run: () => appgrant.authorizer.tryVerify(appTokens()) },
    { name: 'user', run: () => appgrant.authorizer.tryVerify(userTokens()) },
    ...(await guarded(appgrant, { key, secret }, appTokens)),
    { name: 'warm', run: () => appgrant.authorizer.tryVerify(appTokens(), { maxStalenessMs: 60_000 }) },
  ]
  for (const inFlight of [1, 64, 256]) {
    const of = await interleaved(atOnce(inFlight, contenders), {
      rounds: bench.quick ? 5 : 9,
      millis: bench.quick ? 200 : 1000,
    })
    bench.compare({
      measure: `verify from the cache, ${inFlight} in flight`,
      ours: of('warm'),
      reference: of('app'),
      against: 'strict verify on Redis',
    })
    bench.compare({
      measure: `strict verify of a user's token, ${inFlight} in flight`,
      goal: inFlight === 64 ? '>= 0.65' : 'none',
      ours: of('user'),
      reference: of('app'),
      against: 'strict verify of an app-only token',
    })
    const cpuOf = (name: string) => of(name).map(({ cpuMicros }) => cpuMicros)
    bench.row({
      measure: `CPU of a bound token with its proof, without verifying the signature, ${inFlight} in flight`,
      goal: inFlight === 64 ? '<= 2' : 'none',
      ours: cpuOf('bound'),
      reference: cpuOf('bearer'),
      against: 'a bearer token',
      unit: 'µs',
    })
  }
  await appgrant.close()
  client.disconnect()
  await server.stop()
}

/** What guards let through: bearer tokens, and bound ones. */
async function guarded(
  { authorizer }: AppGrant,
  app: { readonly key: string; readonly secret: string },
  bearerTokens: () => string,
) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const header = part({ alg: 'ES256', typ: 'dpop+jwt', jwk: publicKey.export({ format: 'jwk' }) })
  const prove = (htm: string, htu: string, ath?: string) => {
    const claims = part({ jti: randomUUID(), htm, htu, ath, iat: Math.floor(Date.now() / 1000) })
    const signature = sign('sha256', Buffer.from(`${header}.${claims}`), { key: privateKey, dsaEncoding: 'ieee-p1363' })
    return `${header}.${claims}.${signature.toString('base64url')}`
  }
  const { accessToken } = await authorizer.clientCredentials({ ...app, dpopProof: prove('POST', `${ISSUER}/token`) })
  const ath = createHash('sha256').update(accessToken).digest('base64url')
  const guard = protect(authorizer, { audience: API, dpop: {} })
  const request = (headers: Readonly<Record<string, string>>) =>
    ({ headers: { get: (name: string) => headers[name] ?? null }, method: 'GET', url: CALLS }) as unknown as Request
  const isLetThrough = async (headers: Readonly<Record<string, string>>) => {
    const access = await guard(request(headers))
    if (access instanceof Response) throw new Error(await access.text())
  }
  const bound = (dpop: string) => isLetThrough({ authorization: `DPoP ${accessToken}`, dpop })
  const proof = prove('GET', CALLS, ath)
  await bound(proof)
  leaveSignaturesOut()
  const [, , signature] = proof.split('.')
  const proofs: string[] = []
  return [
    { name: 'bearer', run: () => isLetThrough({ authorization: `Bearer ${bearerTokens()}` }) },
    {
      name: 'bound',
      // Clients make their proofs elsewhere. Those that the last round left are too old by now.
      prepare() {
        proofs.length = 0
        while (proofs.length < PROOFS) {
          const claims = part({ jti: randomUUID(), htm: 'GET', htu: CALLS, ath, iat: Math.floor(Date.now() / 1000) })
          // One flat string, as a parser of HTTP makes it.
          proofs.push(Buffer.from(`${header}.${claims}.${signature}`).toString('latin1'))
        }
      },
      run() {
        const next = proofs.pop()
        if (next === undefined) throw new Error(`a round needs more than ${PROOFS} proofs`)
        return bound(next)
      },
    },
  ] satisfies readonly Run[]
}

/**
 * From here on, no signature is verified in this process. A signature takes several times as long as the rest of a request, and longer
 * there than in a loop of its own: what is left of a difference of two such times would be noise.
 */
function leaveSignaturesOut(): void {
  crypto.verify = (() => true) as typeof crypto.verify
  syncBuiltinESMExports()
}
