import { expect } from 'vitest'
import type { AppAuthentication, ErrorCode, VerifyFailureReason } from '../../src/index.ts'
import { codeOf } from './code-of.ts'
import type { Fixture } from './fixture.ts'
import { answerIn, challengeOf, codeIn, VERIFIER } from './session-fixture.ts'

/** What an app holds for an account that authorized it: the result that each part gives now. */
export interface UserHolding {
  readonly access: VerifyFailureReason | 'ok'
  readonly refresh: ErrorCode | 'ok'
  /** A code that is not redeemed yet. */
  readonly code: ErrorCode | 'ok'
  /** A new authorization: the consent page, or the error that page or app gets. */
  readonly ask: 'consent' | 'access_denied' | ErrorCode
  readonly installed: boolean
  /** How many live tokens are listed and counted. `gone` if there is nothing to ask for. */
  readonly listed: number | 'gone'
}

export const UNTOUCHED_USER: UserHolding = {
  access: 'ok',
  refresh: 'ok',
  code: 'ok',
  ask: 'consent',
  installed: true,
  listed: 1,
}

/** Everything that the app holds for the account is revoked. */
export const DEAD_USER = {
  access: 'revoked',
  refresh: 'invalid_refresh_token',
  code: 'invalid_code',
  listed: 0,
} as const satisfies Partial<UserHolding>

/** Makes credentials of one kind, anew for each call. */
export type Proof = () => Promise<AppAuthentication>

/** The account's side of a scene. */
export interface UserScene extends Omit<Fixture, 'appgrant'> {
  /** The node that everything is done on and asked. */
  appgrant: Fixture['appgrant']
  readonly key: string
  /** What requests name the app by. Default is its key. */
  readonly clientId?: string
  /** The redirect URL of its users. */
  readonly redirect: string
  readonly user: {
    readonly access: string
    readonly tokenId: string
    /** The session's current refresh token, the one before it, and its redeemed code. */
    refresh: string
    spent?: string
    readonly redeemed: string
    /** Codes not redeemed yet: every check consumes one. */
    readonly codes: string[]
  }
  /** Credentials that are valid now; each is valid for one call. */
  currentProof(): Promise<AppAuthentication>
}

const OF_USER = 'user'
const CODES = 4

/** One session with one token, and some pending codes. */
export async function authorised(
  fixture: Fixture & { readonly clientId?: string },
  { key, redirect, proof }: { key: string; redirect: string; proof: Proof },
): Promise<UserScene['user']> {
  const codes = []
  const of = { ...fixture, key, redirect }
  for (let n = 0; n <= CODES; n++) codes.push(await newCode(of))
  const [redeemed = '', ...pending] = codes
  const granted = await redeem(of, redeemed, await proof())
  const { accessToken: access, refreshToken: refresh = '', tokenId } = granted
  return { access, tokenId, refresh, redeemed, codes: pending }
}

export async function userHoldingOf(scene: UserScene): Promise<UserHolding> {
  const { appgrant, key, user } = scene
  const access = await appgrant.authorizer.tryVerify(user.access)
  const listed = await listedOf(scene)
  const installs = await codeOf(appgrant.installs.list({ account: OF_USER }))
  const { items } = installs === 'ok' ? await appgrant.installs.list({ account: OF_USER }) : { items: [] }
  return {
    access: access.ok ? 'ok' : access.reason,
    refresh: await tryRefresh(scene),
    code: await tryCode(scene),
    ask: await tryAsk(scene),
    installed: items.some(({ app }) => app.key === key),
    listed,
  }
}

/** If an authorization is possible now, its tokens work. */
export async function expectFreshWorks(scene: UserScene): Promise<void> {
  if ((await tryAsk(scene)) !== 'consent') return
  const { accessToken } = await redeem(scene, await newCode(scene), await scene.currentProof())
  expect(await scene.appgrant.authorizer.tryVerify(accessToken)).toMatchObject({
    ok: true,
    kind: 'user',
    account: OF_USER,
  })
}

/** Presents a superseded credential: the caller gets a refusal, and the session ends. */
export async function reuse(scene: UserScene, which: 'refresh token' | 'code'): Promise<void> {
  const { user } = scene
  const by = await scene.currentProof()
  const call =
    which === 'code'
      ? redeem(scene, user.redeemed, by)
      : scene.appgrant.authorizer.refresh({ ...by, refreshToken: user.spent ?? '' })
  const answer = codeOf(call)
  // The caller must see an outage.
  if (['store_unavailable', 'outcome_unknown'].includes(await answer)) await call
  expect(await answer).toBe(which === 'code' ? 'invalid_code' : 'invalid_refresh_token')
}

/** Uses the refresh token long before the next step; the access tokens after the first leave the list. */
export async function rotate(scene: UserScene): Promise<void> {
  const { user, key, appgrant } = scene
  user.spent = user.refresh
  const granted = await appgrant.authorizer.refresh({ ...(await scene.currentProof()), refreshToken: user.refresh })
  user.refresh = granted.refreshToken ?? ''
  await appgrant.tokens.remove({ app: key, account: OF_USER, ids: [granted.tokenId] })
  scene.clock.advance(31_000)
}

/** What a request of the app needs. */
type Asking = Pick<UserScene, 'appgrant' | 'key' | 'clientId' | 'redirect'>

async function newCode(of: Asking): Promise<string> {
  const { appgrant } = of
  const asked = await begin(of)
  if (asked.step !== 'consent') throw new Error(`expected a consent, received ${asked.location}`)
  return codeIn(await appgrant.authorizer.approve({ ticket: asked.ticket, account: OF_USER }))
}

function begin({ appgrant, key, clientId = key, redirect }: Asking) {
  const params = {
    client_id: clientId,
    redirect_uri: redirect,
    response_type: 'code',
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: 'S256',
  }
  return appgrant.authorizer.beginAuthorization(new URLSearchParams(params), { account: OF_USER })
}

function redeem({ appgrant, redirect }: Asking, code: string, proof: AppAuthentication) {
  return appgrant.authorizer.exchangeCode({ ...proof, code, codeVerifier: VERIFIER, redirectUrl: redirect })
}

async function tryAsk(scene: UserScene): Promise<UserHolding['ask']> {
  const code = await codeOf(begin(scene))
  if (code !== 'ok') return code
  const asked = await begin(scene)
  return asked.step === 'consent' ? 'consent' : (answerIn(asked).error as 'access_denied')
}

async function tryRefresh(scene: UserScene): Promise<ErrorCode | 'ok'> {
  const { appgrant, key, user } = scene
  const call = appgrant.authorizer.refresh({ ...(await scene.currentProof()), refreshToken: user.refresh })
  const code = await codeOf(call)
  if (code !== 'ok') return code
  const { refreshToken = '', tokenId, accessToken } = await call
  expect(await appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ ok: true })
  user.refresh = refreshToken
  await appgrant.tokens.remove({ app: key, account: OF_USER, ids: [tokenId] })
  return code
}

async function tryCode(scene: UserScene): Promise<ErrorCode | 'ok'> {
  const { appgrant, key, user } = scene
  const [code] = user.codes
  if (code === undefined) throw new Error('there is no code left to look with')
  const call = redeem(scene, code, await scene.currentProof())
  const answer = await codeOf(call)
  if (answer !== 'ok') return answer
  user.codes.shift()
  const { tokenId, accessToken } = await call
  expect(await appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ ok: true })
  await appgrant.tokens.remove({ app: key, account: OF_USER, ids: [tokenId] })
  return answer
}

async function listedOf({ appgrant, key }: UserScene): Promise<number | 'gone'> {
  const of = { app: key, account: OF_USER }
  if ((await codeOf(appgrant.tokens.count(of))) === 'app_not_found') return 'gone'
  const { items } = await appgrant.tokens.list({ ...of, limit: 1000 })
  expect(await appgrant.tokens.count(of)).toBe(items.length)
  return items.length
}
