import { onTestFinished } from 'vitest'
import type { AppGrant, AppGrantOptions, CodeInput, Consent, FetchDocument, Redirect } from '../../src/index.ts'
import { createFixture } from './fixture.ts'
import { challengeOf, codeIn, ISSUER, type OpenStore, paramsOf, VERIFIER } from './session-fixture.ts'

export const CLIENT_KEY = 'a key of client ids that only the tests have'
export const LOOPBACK = 'http://localhost:53123/callback'
export const SELF_REGISTRATION = { keys: [CLIENT_KEY], scopes: ['read'] } as const

export const DOCUMENT_URL = 'https://agent.example/client.json'

/** Serves the document of a program. @param described - what it says at that moment. */
export function documentOf(
  described: () => { readonly name: string; readonly redirectUrls: readonly string[] },
): FetchDocument {
  return async () => {
    const { name, redirectUrls } = described()
    const document = { client_id: DOCUMENT_URL, client_name: name, redirect_uris: redirectUrls }
    const headers = new Headers({ 'content-type': 'application/json' })
    return { status: 200, headers, body: Buffer.from(JSON.stringify(document)) }
  }
}

type Ask = Readonly<Record<string, string | undefined>>
interface Actor {
  readonly account?: string
  readonly login?: string
  readonly isNavigation?: boolean
}

/** A program that has registered itself, and each step from its request to its tokens. */
export async function selfRegistrationFixture(open: OpenStore, options: Partial<AppGrantOptions> = {}) {
  // The clock of a test is not that of a server.
  const { time: _, ...inner } = await open()
  onTestFinished(() => inner.close())
  const settings = { issuer: ISSUER, timeoutMs: 30_000, selfRegistration: SELF_REGISTRATION, ...options }
  const fixture = createFixture(inner, settings)
  const { appgrant } = fixture
  const register = (description: Parameters<NonNullable<AppGrant['selfRegistration']>['register']>[0]) =>
    appgrant.selfRegistration?.register(description).clientId ?? ''
  const clientId = register({ name: 'Agent', redirectUrls: [LOOPBACK] })

  const steps = {
    clientId,
    register,
    ask: (changed: Ask = {}, { account = 'user', ...actor }: Actor = {}, { authorizer } = appgrant) =>
      authorizer.beginAuthorization(
        paramsOf({
          client_id: clientId,
          redirect_uri: LOOPBACK,
          response_type: 'code',
          code_challenge: challengeOf(VERIFIER),
          code_challenge_method: 'S256',
          ...changed,
        }),
        { account, ...actor },
      ),
    async consent(changed?: Ask, actor?: Actor): Promise<Consent> {
      const asked: Consent | Redirect = await steps.ask(changed, actor)
      if (asked.step !== 'consent') throw new Error(`expected a consent, received ${asked.location}`)
      return asked
    },
    async code(changed?: Ask, { account = 'user', login }: Actor = {}): Promise<string> {
      const { ticket, scopes } = await steps.consent(changed, { account, ...(login && { login }) })
      const scope = scopes.map(({ name }) => name)
      return codeIn(await appgrant.authorizer.approve({ ticket, account, login, scope }))
    },
    exchange: (code: string, changed: Partial<CodeInput> = {}, { authorizer } = appgrant) =>
      authorizer.exchangeCode({
        key: clientId,
        code,
        codeVerifier: VERIFIER,
        redirectUrl: LOOPBACK,
        ...changed,
      } as CodeInput),
    refresh: (refreshToken = '', key = clientId) => appgrant.authorizer.refresh({ key, refreshToken }),
    async appsOf(account = 'user') {
      return (await appgrant.as(account).apps.list()).items
    },
    async verify(accessToken: string) {
      const access = await appgrant.authorizer.tryVerify(accessToken)
      return access.ok ? 'ok' : access.reason
    },
  }
  return { ...fixture, inner, ...steps }
}
