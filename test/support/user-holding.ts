import { expect } from 'vitest'
import type { AppAuthentication, ErrorCode, TokenResponse, VerifyFailureReason } from '../../src/index.ts'
import { codeOf } from './code-of.ts'
import { devicesOf, enterUserCode, unanswered } from './devices.ts'
import type { Fixture } from './fixture.ts'
import { answerIn, challengeOf, codeIn, SECOND, VERIFIER } from './session-fixture.ts'

/** What an app holds for an account that authorized it: the result that each part gives now. */
export interface UserHolding {
  readonly access: VerifyFailureReason | 'ok'
  readonly refresh: ErrorCode | 'ok'
  /** A code that is not redeemed yet. */
  readonly code: ErrorCode | 'ok'
  /** A new authorization: the consent page, or the error that page or app gets. */
  readonly ask: 'consent' | 'access_denied' | ErrorCode
  /** What an authorization request leads to that was pushed before. */
  readonly pushed: UserHolding['ask']
  /** The push of another one. */
  readonly push: ErrorCode | 'ok'
  /** The poll of a device that the account has approved. */
  readonly device: ErrorCode | 'ok'
  /** The approval of a device that the account has been asked about, and its next poll. */
  readonly askedDevice: readonly [ErrorCode | 'ok', ErrorCode | 'ok']
  /** A new device, until the account is asked about it: the page, or the error that page or device gets. */
  readonly newDevice: 'consent' | ErrorCode
  readonly installed: boolean
  /** How many live tokens are listed and counted. `gone` if there is nothing to ask for. */
  readonly listed: number | 'gone'
}

export const UNTOUCHED_USER: UserHolding = {
  access: 'ok',
  refresh: 'ok',
  code: 'ok',
  ask: 'consent',
  pushed: 'consent',
  push: 'ok',
  device: 'ok',
  askedDevice: ['ok', 'ok'],
  newDevice: 'consent',
  installed: true,
  listed: 1,
}

/** Everything that the app holds for the account is revoked. */
export const DEAD_USER = {
  access: 'revoked',
  refresh: 'invalid_refresh_token',
  code: 'invalid_code',
  device: 'invalid_device_code',
  askedDevice: ['invalid_ticket', 'authorization_pending'],
  listed: 0,
} as const satisfies Partial<UserHolding>

/** What is left of the user if nobody knows the app by what it presents. */
export const UNKNOWN_APP = {
  refresh: 'app_authentication_failed',
  code: 'app_authentication_failed',
  ask: 'app_not_found',
  pushed: 'app_not_found',
  push: 'app_authentication_failed',
  device: 'app_authentication_failed',
  newDevice: 'app_authentication_failed',
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
    access: string
    tokenId: string
    /** The session's current refresh token, the one before it, and the code or device code that it began with. */
    refresh: string
    spent?: string
    redeemed: string
    /** Codes not redeemed yet: every check consumes one. */
    readonly codes: string[]
    /** A `request_uri`. */
    readonly pushed: string
    /** A device that the account has approved, and one that it has been asked about: every check that uses them up replaces them. */
    device: HeldDevice
    askedDevice: HeldDevice
  }
  /** Credentials that are valid now; each is valid for one call. */
  currentProof(): Promise<AppAuthentication>
}

/** A device, and the ticket with which the account decides about it. */
interface HeldDevice {
  readonly deviceCode: string
  readonly ticket: string
}

const OF_USER = 'user'
const CODES = 4
const INTERVAL_MS = 5 * SECOND

/** One session with one token, and some pending codes, requests and devices. */
export async function authorised(
  fixture: Fixture & { readonly clientId?: string },
  { key, redirect, proof: currentProof }: { key: string; redirect: string; proof: Proof },
): Promise<UserScene['user']> {
  const codes = []
  const of = { ...fixture, key, redirect, currentProof }
  for (let n = 0; n <= CODES; n++) codes.push(await newCode(of))
  const [redeemed = '', ...pending] = codes
  const granted = await redeem(of, redeemed, await currentProof())
  const { accessToken: access, refreshToken: refresh = '', tokenId } = granted
  const [device, askedDevice] = [await approved(of, await newDevice(of)), await newDevice(of)]
  return { access, tokenId, refresh, redeemed, codes: pending, pushed: await push(of), device, askedDevice }
}

export async function userHoldingOf(scene: UserScene): Promise<UserHolding> {
  const { appgrant, key, user, clock } = scene
  const access = await appgrant.authorizer.tryVerify(user.access)
  const listed = await listedOf(scene)
  const installs = await codeOf(appgrant.installs.list({ account: OF_USER }))
  const { items } = installs === 'ok' ? await appgrant.installs.list({ account: OF_USER }) : { items: [] }
  clock.advance(INTERVAL_MS)
  return {
    access: access.ok ? 'ok' : access.reason,
    refresh: await tryRefresh(scene),
    code: await tryCode(scene),
    ask: await tryAsk(scene),
    pushed: await tryAsk(scene, pushedRequest(scene, user.pushed)),
    push: await codeOf(push(scene)),
    installed: items.some(({ app }) => app.key === key),
    listed,
    ...(await tryDevices(scene)),
  }
}

/** If an authorization is possible now, its tokens work. */
export async function expectFreshWorks(scene: UserScene): Promise<void> {
  const granted: TokenResponse[] = []
  const requests = [requestOf(scene)]
  const pushed = push(scene)
  if ((await codeOf(pushed)) === 'ok') requests.push(pushedRequest(scene, await pushed))
  for (const request of requests)
    if ((await tryAsk(scene, request)) === 'consent')
      granted.push(await redeem(scene, await newCode(scene, request), await scene.currentProof()))
  const device = newDevice(scene)
  if ((await codeOf(device)) === 'ok') {
    await approved(scene, await device)
    scene.clock.advance(INTERVAL_MS)
    granted.push(await poll(scene, await device))
  }
  for (const { accessToken } of granted)
    expect(await scene.appgrant.authorizer.tryVerify(accessToken)).toMatchObject({
      ok: true,
      kind: 'user',
      account: OF_USER,
    })
}

/** Presents a superseded credential: the caller gets a refusal, and the session ends. */
export async function reuse(scene: UserScene, which: 'refresh token' | 'code' | 'device code'): Promise<void> {
  const { user } = scene
  const by = await scene.currentProof()
  const calls = {
    'refresh token': () => scene.appgrant.authorizer.refresh({ ...by, refreshToken: user.spent ?? '' }),
    code: () => redeem(scene, user.redeemed, by),
    // On another node, so that no poll is too early.
    'device code': () => devicesOf(scene.node()).exchange({ ...by, deviceCode: user.redeemed }),
  }
  const refusals = {
    'refresh token': 'invalid_refresh_token',
    code: 'invalid_code',
    'device code': 'invalid_device_code',
  }
  const call = calls[which]()
  const answer = codeOf(call)
  // The caller must see an outage.
  if (['store_unavailable', 'outcome_unknown'].includes(await answer)) await call
  expect(await answer).toBe(refusals[which])
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

/** Puts the session of a device, which got its tokens long before the next step, in the place of the account's session. */
export async function connect(scene: UserScene): Promise<void> {
  const { user, key, appgrant } = scene
  const device = await approved(scene, await newDevice(scene))
  scene.clock.advance(INTERVAL_MS)
  const { accessToken: access, refreshToken: refresh = '', tokenId } = await poll(scene, device)
  await appgrant.tokens.remove({ app: key, account: OF_USER, ids: [user.tokenId] })
  Object.assign(user, { access, refresh, tokenId, redeemed: device.deviceCode })
  scene.clock.advance(31_000)
}

/** What a request of the app needs. */
type Asking = Pick<UserScene, 'appgrant' | 'key' | 'clientId' | 'redirect'>
type Presenting = Asking & Pick<UserScene, 'currentProof'>

async function newCode(of: Asking, request = requestOf(of)): Promise<string> {
  const { authorizer } = of.appgrant
  const asked = await authorizer.beginAuthorization(request, { account: OF_USER })
  if (asked.step !== 'consent') throw new Error(`expected a consent, received ${asked.location}`)
  return codeIn(await authorizer.approve({ ticket: asked.ticket, account: OF_USER }))
}

function requestOf({ key, clientId = key, redirect }: Asking): URLSearchParams {
  return new URLSearchParams({
    client_id: clientId,
    redirect_uri: redirect,
    response_type: 'code',
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: 'S256',
  })
}

/** What a browser brings of a request that was pushed. */
function pushedRequest({ key, clientId = key }: Asking, request_uri: string): URLSearchParams {
  return new URLSearchParams({ client_id: clientId, request_uri })
}

async function push(of: Presenting): Promise<string> {
  const { pushedRequests } = of.appgrant
  if (!pushedRequests) throw new Error('no request may be pushed')
  return (await pushedRequests.push(requestOf(of), await of.currentProof())).requestUri
}

function redeem({ appgrant, redirect }: Asking, code: string, proof: AppAuthentication) {
  return appgrant.authorizer.exchangeCode({ ...proof, code, codeVerifier: VERIFIER, redirectUrl: redirect })
}

/** A device whose code the account has entered, and that has answered. */
async function newDevice({ appgrant, currentProof }: Presenting): Promise<HeldDevice> {
  const devices = devicesOf(appgrant)
  const { deviceCode, userCode } = await devices.authorize(await currentProof())
  await enterUserCode(appgrant, { userCode, account: OF_USER })
  await unanswered(devices.exchange({ ...(await currentProof()), deviceCode }))
  const asked = await devices.ask({ userCode, account: OF_USER })
  if (asked.step !== 'consent') throw new Error('the device has not answered')
  return { deviceCode, ticket: asked.ticket }
}

async function approved({ appgrant }: Asking, device: HeldDevice): Promise<HeldDevice> {
  await devicesOf(appgrant).approve({ ticket: device.ticket, account: OF_USER })
  return device
}

async function poll({ appgrant, currentProof }: Presenting, { deviceCode }: HeldDevice): Promise<TokenResponse> {
  return devicesOf(appgrant).exchange({ ...(await currentProof()), deviceCode })
}

async function tryAsk(scene: UserScene, request = requestOf(scene)): Promise<UserHolding['ask']> {
  const call = scene.appgrant.authorizer.beginAuthorization(request, { account: OF_USER })
  const code = await codeOf(call)
  if (code !== 'ok') return code
  const asked = await call
  return asked.step === 'consent' ? 'consent' : (answerIn(asked).error as 'access_denied')
}

async function tryRefresh(scene: UserScene): Promise<ErrorCode | 'ok'> {
  const { appgrant, user } = scene
  const call = appgrant.authorizer.refresh({ ...(await scene.currentProof()), refreshToken: user.refresh })
  const { code, refreshToken } = await tryTokens(scene, call)
  user.refresh = refreshToken ?? user.refresh
  return code
}

async function tryCode(scene: UserScene): Promise<ErrorCode | 'ok'> {
  const { codes } = scene.user
  const [given] = codes
  if (given === undefined) throw new Error('there is no code left to look with')
  const { code } = await tryTokens(scene, redeem(scene, given, await scene.currentProof()))
  if (code === 'ok') codes.shift()
  return code
}

async function tryDevices(scene: UserScene): Promise<Pick<UserHolding, 'device' | 'askedDevice' | 'newDevice'>> {
  const { user, appgrant } = scene
  const another = newDevice(scene)
  const code = await codeOf(another)
  const { code: device } = await tryTokens(scene, poll(scene, user.device))
  const approval = await codeOf(approved(scene, user.askedDevice))
  const { code: polled } = await tryTokens(scene, poll(scene, user.askedDevice))
  if (code === 'ok') {
    const { ticket } = await another
    if (device === 'ok') user.device = await approved(scene, await another)
    else await devicesOf(appgrant).deny({ ticket, account: OF_USER })
    if (polled === 'ok') user.askedDevice = await newDevice(scene)
  }
  return { device, askedDevice: [approval, polled], newDevice: code === 'ok' ? 'consent' : code }
}

/** Tokens that work are taken out of the list again. */
async function tryTokens(
  { appgrant, key }: UserScene,
  call: Promise<TokenResponse>,
): Promise<{ readonly code: ErrorCode | 'ok'; readonly refreshToken?: string | undefined }> {
  const code = await codeOf(call)
  if (code !== 'ok') return { code }
  const { refreshToken, tokenId, accessToken } = await call
  expect(await appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ ok: true })
  await appgrant.tokens.remove({ app: key, account: OF_USER, ids: [tokenId] })
  return { code, refreshToken }
}

async function listedOf({ appgrant, key }: UserScene): Promise<number | 'gone'> {
  const of = { app: key, account: OF_USER }
  if ((await codeOf(appgrant.tokens.count(of))) === 'app_not_found') return 'gone'
  const { items } = await appgrant.tokens.list({ ...of, limit: 1000 })
  expect(await appgrant.tokens.count(of)).toBe(items.length)
  return items.length
}
