import { createHash } from 'node:crypto'
import { expect, onTestFinished } from 'vitest'
import {
  type AppGrant,
  type AppGrantOptions,
  type CodeInput,
  type Consent,
  createAppGrant,
  type Redirect,
  type RefreshInput,
  type Store,
  type TokenResponse,
  type VerifyFailureReason,
} from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { createFixture, type Fixture } from './fixture.ts'
import { SCOPES } from './scopes.ts'

/** Opens a database that no other test uses. */
export type OpenStore = () => Promise<Store>

/** The format of access tokens; opaque by default. */
export type TokenOptions = Pick<AppGrantOptions, 'signing' | 'resources'>

export const ISSUER = 'https://pbx.example/oauth'
export const REDIRECT = 'https://app.example/callback'
export const OTHER_REDIRECT = 'https://app.example/other'
export const VERIFIER = 'a-verifier-of-the-tests.with~every_kind-of-character'
export const STATE = 'a state & more = ünïcode/+%20'
export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** The defaults, in ms. */
export const LIFE = {
  code: MINUTE,
  access: HOUR,
  idle: 14 * DAY,
  absolute: 90 * DAY,
  grace: 30 * SECOND,
  pending: 10 * MINUTE,
}

// Real servers on a busy machine can be slow; a test about the deadline sets its own.
const NO_HURRY = { timeoutMs: 30_000 }

export const challengeOf = (verifier: string) => createHash('sha256').update(verifier).digest('base64url')

type Ask = Readonly<Record<string, string | readonly string[] | undefined>>
type Actor = { readonly account?: string; readonly login?: string; readonly scope?: readonly string[] }

/** A fixture with a confidential app of `org` that `user` may authorize, and each step of that by itself. */
export interface SessionFixture extends Fixture {
  readonly inner: Store
  readonly key: string
  readonly secret: string
  /** Another instance over the same database, with the same clock and directory by default. */
  readonly node: (options?: Partial<AppGrantOptions>) => AppGrant
  /** The authorization request of the app, with parameters replaced, repeated or omitted. */
  ask(changed?: Ask, actor?: Actor): Promise<Consent | Redirect>
  consent(changed?: Ask, actor?: Actor): Promise<Consent>
  /** A code of a consent request that the account approved (`user` by default). */
  code(actor?: Actor, changed?: Ask): Promise<string>
  exchange(code: string, changed?: Partial<CodeInput>, appgrant?: AppGrant): Promise<TokenResponse>
  refresh(refreshToken: string, changed?: Partial<RefreshInput>, appgrant?: AppGrant): Promise<TokenResponse>
  /** The first tokens of a session. */
  start(actor?: Actor): Promise<Tokens>
  /** Refreshes, and takes the response apart. */
  next(from: Tokens, changed?: Partial<RefreshInput>): Promise<Tokens>
  verify(accessToken: string, appgrant?: AppGrant): Promise<VerifyFailureReason | 'ok'>
}

/** A granted pair. */
export interface Tokens {
  readonly access: string
  readonly refresh: string
  readonly id: string
  readonly granted: TokenResponse
  readonly code: string
}

export interface SessionFixtureOptions {
  readonly options?: Partial<AppGrantOptions>
  readonly app?: Parameters<typeof exampleApp>[0]
}

export async function createSessionFixture(
  open: OpenStore,
  { options = {}, app: fields = {} }: SessionFixtureOptions = {},
  format: TokenOptions = {},
): Promise<SessionFixture> {
  // The clock of a test is not that of a server.
  const { time: _, ...inner } = await open()
  onTestFinished(() => inner.close())
  const settings = { issuer: ISSUER, ...NO_HURRY, ...format, ...options }
  const fixture = createFixture(inner, settings)
  const { appgrant, clock, tree } = fixture
  // A public app has none, and is never asked for it.
  const { app, secret = '' } = await appgrant.apps.register(
    exampleApp({ owner: 'org', scopes: ['read', 'write'], redirectUrls: [REDIRECT, OTHER_REDIRECT], ...fields }),
  )
  const credentials = app.public ? { key: app.key } : { key: app.key, secret }

  // Its nodes are on the database itself, without the faults of this one.
  const steps: Omit<SessionFixture, Exclude<keyof Fixture, 'node'>> = {
    inner,
    key: app.key,
    secret,
    node: (more) => createAppGrant({ store: inner, directory: tree, clock, scopes: SCOPES, ...settings, ...more }),
    async ask(changed = {}, { account = 'user', login } = {}) {
      const params = paramsOf({
        client_id: app.key,
        redirect_uri: REDIRECT,
        response_type: 'code',
        code_challenge: challengeOf(VERIFIER),
        code_challenge_method: 'S256',
        ...changed,
      })
      return appgrant.authorizer.beginAuthorization(params, { account, login })
    },
    async consent(changed, actor) {
      const asked = await steps.ask(changed, actor)
      if (asked.step !== 'consent') throw new Error(`expected a consent, received ${asked.location}`)
      return asked
    },
    async code(actor = {}, changed) {
      const { account = 'user', ...rest } = actor
      const { ticket } = await steps.consent(changed, actor)
      return codeIn(await appgrant.authorizer.approve({ ticket, account, ...rest }))
    },
    exchange: (code, changed = {}, { authorizer } = appgrant) =>
      authorizer.exchangeCode({
        ...credentials,
        code,
        codeVerifier: VERIFIER,
        redirectUrl: REDIRECT,
        ...changed,
      } as CodeInput),
    refresh: (refreshToken, changed = {}, { authorizer } = appgrant) =>
      authorizer.refresh({ ...credentials, refreshToken, ...changed } as RefreshInput),
    async start(actor) {
      const code = await steps.code(actor)
      return tokensOf(await steps.exchange(code), code)
    },
    next: async (from, changed) => tokensOf(await steps.refresh(from.refresh, changed), from.code),
    async verify(accessToken, { authorizer } = appgrant) {
      const answer = await authorizer.tryVerify(accessToken)
      return answer.ok ? 'ok' : answer.reason
    },
  }
  return { ...fixture, ...steps }
}

export function tokensOf(granted: TokenResponse, code = ''): Tokens {
  const { accessToken: access, refreshToken: refresh = '', tokenId: id } = granted
  return { access, refresh, id, granted, code }
}

/** The parameters, each as often as it has values, and omitted if it has none. */
export function paramsOf(asked: Ask): URLSearchParams {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(asked)) {
    for (const one of value === undefined ? [] : [value].flat()) params.append(name, one)
  }
  return params
}

/** What a redirect sends to the app, after checking its target. */
export function answerIn(redirect: Consent | Redirect, to = REDIRECT): Readonly<Record<string, string>> {
  if (redirect.step !== 'redirect') throw new Error('expected a redirect, received a question')
  const { location } = redirect
  expect(location.startsWith(`${to}${to.includes('?') ? '&' : '?'}`), location).toBe(true)
  return Object.fromEntries(new URL(location).searchParams)
}

/** The code that a redirect carries. */
export function codeIn(redirect: Redirect): string {
  return new URL(redirect.location).searchParams.get('code') ?? ''
}

/** That many concurrent calls, every other one on another node. */
export function atOnce<Result>(
  count: number,
  call: (caller: number) => Promise<Result>,
): Promise<PromiseSettledResult<Result>[]> {
  return Promise.allSettled(Array.from({ length: count }, (_, caller) => call(caller)))
}
