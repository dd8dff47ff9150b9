import { createHash, randomBytes } from 'node:crypto'
import { type AppGrant, type AppGrantOptions, createAppGrant, type Granted, type Store } from '../dist/index.js'

const REDIRECT = 'https://bench.example/callback'

/** A platform with one app. */
export async function platform(store: Store, options: Partial<AppGrantOptions> = {}) {
  const grants = createAppGrant({ store, issuer: 'https://auth.bench.example', storeTimeoutMs: 20_000, ...options })
  return { grants, ...(await trustedApp(grants)) }
}

/** A trusted app that also has redirect URLs, of an owner of its own. */
export async function trustedApp(grants: AppGrant) {
  const { app, secret } = await grants.apps.register({
    owner: `bench-${randomBytes(6).toString('hex')}`,
    name: 'Bench',
    homepage: 'https://bench.example/',
    adminEmail: 'ops@bench.example',
    redirectUrls: [REDIRECT],
    trusted: true,
  })
  return { app, key: app.key, secret }
}

/** Authorises the app for an account and redeems the code. */
export async function userToken(
  grants: AppGrant,
  of: { key: string; secret: string; account: string },
): Promise<Granted> {
  const verifier = randomBytes(32).toString('base64url')
  const params = new URLSearchParams({
    client_id: of.key,
    redirect_uri: REDIRECT,
    response_type: 'code',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const asked = await grants.authorizer.beginAuthorization(params, { account: of.account })
  if (asked.step !== 'consent') throw new Error(asked.location)
  const { location } = await grants.authorizer.approve({ ticket: asked.ticket, account: of.account })
  const code = new URL(location).searchParams.get('code') ?? ''
  return grants.authorizer.redeemCode({ ...of, code, verifier, redirectUrl: REDIRECT })
}

/** Mints tokens, many at a time. */
export async function mint(
  grants: AppGrant,
  of: { key: string; secret: string },
  howMany: number,
): Promise<readonly string[]> {
  const made: string[] = []
  const worker = async () => {
    while (made.length < howMany) {
      const at = made.push('') - 1
      made[at] = (await grants.authorizer.grantTrusted(of)).accessToken
    }
  }
  await Promise.all(Array.from({ length: 256 }, worker))
  return made
}

/** Gives the elements of a list one after the other, for ever. */
export function cycle<T>(list: readonly T[]): () => T {
  let at = 0
  return () => list[at++ % list.length] as T
}
