import { createHash } from 'node:crypto'
import { expect, onTestFinished } from 'vitest'
import {
  type AppGrant,
  type AppGrantOptions,
  type CodeInput,
  type Consent,
  createAppGrant,
  type DenialReason,
  type Granted,
  type Redirect,
  type RefreshInput,
  type Store,
} from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { createWorld, type World } from './world.ts'

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
  window: 10 * SECOND,
  question: 10 * MINUTE,
}

// Real servers on a busy machine can be slow; a test about the deadline sets its own.
const NO_HURRY = { storeTimeoutMs: 30_000 }

export const challengeOf = (verifier: string) => createHash('sha256').update(verifier).digest('base64url')

type Ask = Readonly<Record<string, string | readonly string[] | undefined>>
type By = { readonly account?: string; readonly login?: string; readonly scope?: readonly string[] }

/** A world with a confidential app of `org` that `user` may authorize, and each step of that by itself. */
export interface SessionWorld extends World {
  readonly inner: Store
  readonly key: string
  readonly secret: string
  /** Another instance over the same database, with the same clock and directory by default. */
  readonly node: (options?: Partial<AppGrantOptions>) => AppGrant
  /** The authorization request of the app, with parameters replaced, repeated or omitted. */
  ask(changed?: Ask, by?: By): Promise<Consent | Redirect>
  consent(changed?: Ask, by?: By): Promise<Consent>
  /** A code of a consent request that the account approved (`user` by default). */
  code(by?: By, changed?: Ask): Promise<string>
  redeem(code: string, changed?: Partial<CodeInput>, grants?: AppGrant): Promise<Granted>
  refresh(refreshToken: string, changed?: Partial<RefreshInput>, grants?: AppGrant): Promise<Granted>
  /** The first tokens of a session. */
  start(by?: By): Promise<Tokens>
  /** Refreshes, and takes the response apart. */
  next(from: Tokens, changed?: Partial<RefreshInput>): Promise<Tokens>
  verify(accessToken: string, grants?: AppGrant): Promise<DenialReason | 'ok'>
}

/** A granted pair. */
export interface Tokens {
  readonly access: string
  readonly refresh: string
  readonly id: string
  readonly granted: Granted
  readonly code: string
}

export interface SessionWorldOptions {
  readonly options?: Partial<AppGrantOptions>
  readonly app?: Parameters<typeof exampleApp>[0]
}

export async function createSessionWorld(
  open: OpenStore,
  { options = {}, app: fields = {} }: SessionWorldOptions = {},
  format: TokenOptions = {},
): Promise<SessionWorld> {
  const inner = await open()
  onTestFinished(() => inner.close())
  const settings = { issuer: ISSUER, ...NO_HURRY, ...format, ...options }
  const world = createWorld(inner, settings)
  const { grants, clock, tree } = world
  const { app, secret } = await grants.apps.register(
    exampleApp({ owner: 'org', scopes: ['read', 'write'], redirectUrls: [REDIRECT, OTHER_REDIRECT], ...fields }),
  )
  const credentials = app.public ? { key: app.key } : { key: app.key, secret }

  const steps: Omit<SessionWorld, keyof World> = {
    inner,
    key: app.key,
    secret,
    node: (more) => createAppGrant({ store: inner, directory: tree, clock, ...settings, ...more }),
    async ask(changed = {}, { account = 'user', login } = {}) {
      const params = paramsOf({
        client_id: app.key,
        redirect_uri: REDIRECT,
        response_type: 'code',
        code_challenge: challengeOf(VERIFIER),
        code_challenge_method: 'S256',
        ...changed,
      })
      return grants.authorizer.beginAuthorization(params, { account, ...(login !== undefined && { login }) })
    },
    async consent(changed, by) {
      const asked = await steps.ask(changed, by)
      if (asked.step !== 'consent') throw new Error(`expected a consent, received ${asked.location}`)
      return asked
    },
    async code(by = {}, changed) {
      const { account = 'user', ...rest } = by
      const { ticket } = await steps.consent(changed, by)
      return codeIn(await grants.authorizer.approve({ ticket, account, ...rest }))
    },
    redeem: (code, changed = {}, { authorizer } = grants) =>
      authorizer.redeemCode({
        ...credentials,
        code,
        verifier: VERIFIER,
        redirectUrl: REDIRECT,
        ...changed,
      } as CodeInput),
    refresh: (refreshToken, changed = {}, { authorizer } = grants) =>
      authorizer.refresh({ ...credentials, refreshToken, ...changed } as RefreshInput),
    async start(by) {
      const code = await steps.code(by)
      return tokensOf(await steps.redeem(code), code)
    },
    next: async (from, changed) => tokensOf(await steps.refresh(from.refresh, changed), from.code),
    async verify(accessToken, { authorizer } = grants) {
      const answer = await authorizer.verify(accessToken)
      return answer.ok ? 'ok' : answer.reason
    },
  }
  return { ...world, ...steps }
}

export function tokensOf(granted: Granted, code = ''): Tokens {
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
export function atOnce<Answer>(
  count: number,
  call: (caller: number) => Promise<Answer>,
): Promise<PromiseSettledResult<Answer>[]> {
  return Promise.allSettled(Array.from({ length: count }, (_, caller) => call(caller)))
}
