import { createHash, randomBytes } from 'node:crypto'
import { type AppGrant, type AppGrantOptions, createAppGrant, type Store, type TokenResponse } from '../dist/index.js'

const REDIRECT = 'https://bench.example/callback'

/** A platform with one app. */
export async function platform(store: Store, options: Partial<AppGrantOptions> = {}) {
  // One app does the work of all.
  const limits = { tokensPerAccount: 10_000_000, issuesPerSecond: 1_000_000, consentRequestsPerAccount: 1_000_000 }
  const issuer = 'https://auth.bench.example'
  const appgrant = createAppGrant({ store, issuer, timeoutMs: 20_000, limits, ...options })
  return { appgrant, ...(await trustedApp(appgrant)) }
}

/** A trusted app that also has redirect URLs, of an owner of its own. */
export async function trustedApp(appgrant: AppGrant, fields: { readonly scopes?: readonly string[] } = {}) {
  const { app, secret } = await appgrant.apps.register({
    owner: `bench-${randomBytes(6).toString('hex')}`,
    name: 'Bench',
    homepage: 'https://bench.example/',
    adminEmail: 'ops@bench.example',
    redirectUrls: [REDIRECT],
    trusted: true,
    ...fields,
  })
  return { app, key: app.key, secret }
}

/** Authorizes the app for an account and redeems the code. */
export async function userToken(
  appgrant: AppGrant,
  { key, secret, account }: { key: string; secret: string; account: string },
): Promise<TokenResponse> {
  const codeVerifier = randomBytes(32).toString('base64url')
  const params = new URLSearchParams({
    client_id: key,
    redirect_uri: REDIRECT,
    response_type: 'code',
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
  })
  const asked = await appgrant.authorizer.beginAuthorization(params, { account })
  if (asked.step !== 'consent') throw new Error(asked.location)
  const { location } = await appgrant.authorizer.approve({ ticket: asked.ticket, account })
  const code = new URL(location).searchParams.get('code') ?? ''
  return appgrant.authorizer.exchangeCode({ key, secret, code, codeVerifier, redirectUrl: REDIRECT })
}

/** Mints tokens, many at a time. */
export async function mint(
  appgrant: AppGrant,
  { key, secret }: { key: string; secret: string },
  howMany: number,
): Promise<readonly string[]> {
  const made: string[] = []
  const worker = async () => {
    while (made.length < howMany) {
      const at = made.push('') - 1
      made[at] = (await appgrant.authorizer.clientCredentials({ key, secret })).accessToken
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
