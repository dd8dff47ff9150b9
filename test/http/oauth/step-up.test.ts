import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import type { AccessTokenClaims } from '../../../src/credentials/jwt/claims.ts'
import { accessOfClaims } from '../../../src/domain/tokens/token-claims.ts'
import { protect } from '../../../src/http/index.ts'
import { answerIn, authorization } from '../../support/http-authorization.ts'
import { basic, ISSUER, jsonOf } from '../../support/http-fixture.ts'
import { SIGNING } from '../../support/signing.ts'

const ACCOUNT = { account: 'user-1', login: 'ann' }

/** A sign-in so many seconds ago, by a platform whose clock is the real one: `protect` has no other. */
async function platform(options: Parameters<typeof authorization>[0] = {}) {
  const here = await authorization({ clock: Date.now, ...options })
  const signedIn = (secondsAgo: number, acr?: string) => {
    here.session.who = { ...ACCOUNT, authenticatedAt: new Date(Date.now() - secondsAgo * 1000), acr }
  }
  const ask = (token: unknown, guard: Parameters<typeof protect>[1]) =>
    protect(
      here.appgrant.authorizer,
      guard,
    )(new Request('https://api.example/', { headers: { authorization: `Bearer ${token}` } }))
  const introspect = async (token: unknown) => jsonOf(await here.asApp('/introspect', { token: String(token) }))
  return { ...here, signedIn, ask, introspect }
}

async function challengeOf(result: unknown) {
  expect(result).toBeInstanceOf(Response)
  const response = result as Response
  return { status: response.status, challenge: response.headers.get('www-authenticate'), ...(await jsonOf(response)) }
}

describe('a resource that asks for a recent sign-in', () => {
  it('accepts a token whose user signed in within maxAgeSeconds, and says when that was (TOK-11)', async () => {
    const { signedIn, tokens, ask, session } = await platform()
    signedIn(100, 'mfa')
    const { access_token } = await tokens()
    const access = await ask(access_token, { maxAgeSeconds: 300, acr: 'pin mfa' })
    expect(access).toMatchObject({ ok: true, authenticatedAt: session.who?.authenticatedAt, acr: 'mfa' })
  })

  it('knows the sign-in of an acceptance that it remembers, and gives every caller its own date (TOK-11)', async () => {
    const { signedIn, tokens, ask } = await platform()
    signedIn(100, 'mfa')
    const { access_token } = await tokens()
    const guard = { maxAgeSeconds: 300, acr: 'mfa', maxStalenessMs: 30_000 }
    const first = await ask(access_token, guard)
    const second = await ask(access_token, guard)
    expect(second).toMatchObject({ ok: true, acr: 'mfa' })
    expect(second).toEqual(first)
    const { authenticatedAt } = second as { readonly authenticatedAt: Date }
    authenticatedAt.setTime(0)
    expect(await ask(access_token, guard)).toEqual(first)
  })

  it('rejects an older sign-in with a challenge that says what to ask for (TOK-11)', async () => {
    const { signedIn, tokens, ask } = await platform()
    signedIn(600)
    const { access_token } = await tokens()
    expect(
      await challengeOf(await ask(access_token, { maxAgeSeconds: 300, acr: 'pin mfa', scope: 'calls:read' })),
    ).toEqual({
      status: 401,
      error: 'insufficient_user_authentication',
      error_description: 'the user must sign in again, as max_age and acr_values say',
      challenge:
        'Bearer error="insufficient_user_authentication", ' +
        'error_description="the user must sign in again, as max_age and acr_values say", ' +
        'max_age="300", acr_values="pin mfa", scope="calls:read"',
    })
    expect(await ask(access_token, { maxAgeSeconds: 700 })).toMatchObject({ ok: true })
    expect(await ask(access_token, {})).toMatchObject({ ok: true })
  })

  it('rejects every token for which the host did not say when or how the user signed in, and app-only ones (TOK-11)', async () => {
    const { tokens, ask, appgrant, trustedApp } = await platform()
    const { access_token } = await tokens()
    const { app, secret } = await trustedApp()
    const { accessToken } = await appgrant.authorizer.clientCredentials({ key: app.key, secret })
    for (const token of [access_token, accessToken]) {
      for (const guard of [{ maxAgeSeconds: 31_536_000 }, { acr: 'mfa' }])
        expect(await challengeOf(await ask(token, guard))).toMatchObject({ error: 'insufficient_user_authentication' })
    }
  })

  it('says the scope first: a token without it is insufficient_scope (TOK-11)', async () => {
    const { signedIn, tokens, ask } = await platform()
    signedIn(600)
    const { access_token } = await tokens()
    expect(await challengeOf(await ask(access_token, { maxAgeSeconds: 60, scope: 'admin' }))).toMatchObject({
      error: 'insufficient_scope',
    })
  })

  it.each([
    { maxAgeSeconds: 59 },
    { maxAgeSeconds: 31_536_001 },
    { maxAgeSeconds: 60.5 },
    { maxAgeSeconds: '60' },
    { maxAgeSeconds: Number.NaN },
    { acr: '' },
    { acr: ' ' },
    { acr: 'a"b' },
    { acr: ['mfa'] },
    { acr: Array.from({ length: 21 }, (_, at) => `a${at}`).join(' ') },
    { maxAge: 300 },
  ])('refuses the option %j (ERR-6)', (options) => {
    const verifier = { tryVerify: async () => ({ ok: false, reason: 'unknown' }) as const }
    expect(() => protect(verifier, options as object)).toThrow(/maxAgeSeconds|acr/)
  })
})

describe('an authorization request that asks for a recent sign-in', () => {
  it('tells signIn what is needed, and leads to a token that meets it (TOK-11)', async () => {
    const { signedIn, session, redeem, code, ask } = await platform()
    signedIn(5, 'mfa')
    const { access_token } = await jsonOf(
      await redeem(await code('calls:read', { max_age: '300', acr_values: 'mfa pin' })),
    )
    expect(session.needs[0]).toEqual({ maxAgeSeconds: 300, acrValues: ['mfa', 'pin'] })
    expect(await ask(access_token, { maxAgeSeconds: 300, acr: 'mfa' })).toMatchObject({ ok: true })
  })

  it.each([
    [600, undefined, { max_age: '300' }],
    [5, 'pwd', { acr_values: 'mfa pin' }],
    [5, undefined, { acr_values: 'mfa' }],
    [11, undefined, { max_age: '0' }],
    [undefined, undefined, { max_age: '300' }],
  ] as const)(
    'is unmet_authentication_requirements if the sign-in %s s ago with %s does not meet %j, and stores nothing (TOK-11)',
    async (secondsAgo, acr, asked) => {
      const { signedIn, authorize, writes } = await platform()
      if (secondsAgo !== undefined) signedIn(secondsAgo, acr)
      const before = writes()
      const answer = answerIn(await authorize(asked))
      expect(answer.get('error')).toBe('unmet_authentication_requirements')
      expect(answer.get('state')).toBe('xyz')
      expect(answer.get('iss')).toBe(ISSUER)
      expect(writes()).toBe(before)
    },
  )

  it('accepts a user who comes from signing in with max_age=0 (TOK-11)', async () => {
    const { signedIn, authorize } = await platform()
    signedIn(9)
    expect((await authorize({ max_age: '0' })).status).toBe(200)
  })

  it.each([
    { max_age: '-1' },
    { max_age: '1.5' },
    { max_age: '1e3' },
    { max_age: '9999999999' },
    { acr_values: 'a"b' },
  ])('is invalid_request with %j (TOK-11)', async (asked) => {
    const { signedIn, authorize } = await platform()
    signedIn(1)
    expect(answerIn(await authorize(asked)).get('error')).toBe('invalid_request')
  })

  it.each([{ authenticatedAt: 1 }, { authenticatedAt: new Date(Number.NaN) }, { acr: 'a b' }, { acr: 1 }])(
    'is a 500 that names the member if signIn returns %j (ERR-6)',
    async (wrong) => {
      const { session, authorize, outages } = await platform()
      session.who = { ...ACCOUNT, ...(wrong as object) }
      expect((await authorize()).status).toBe(500)
      expect(JSON.stringify(outages.map((event) => String((event as { cause: unknown }).cause)))).toMatch(
        /authenticatedAt|acr/,
      )
    },
  )

  it('a sign-in in the future counts as now (TOK-11)', async () => {
    const { signedIn, tokens, introspect } = await platform()
    signedIn(-3600)
    const { access_token } = await tokens()
    expect((await introspect(access_token)).auth_time).toBeLessThanOrEqual(Date.now() / 1000)
  })
})

describe('the tokens of a session', () => {
  it('tell the same sign-in after every refresh, opaque or signed, by every verifier (TOK-11)', async () => {
    for (const signing of [undefined, SIGNING]) {
      const { signedIn, tokens, refresh, introspect, session, appgrant } = await platform({ signing })
      signedIn(1000, 'mfa')
      const authTime = Math.floor((session.who?.authenticatedAt?.getTime() ?? 0) / 1000)
      const first = await tokens()
      session.who = ACCOUNT
      const second = await jsonOf(await refresh(first.refresh_token))
      for (const { access_token } of [first, second]) {
        expect(await introspect(access_token)).toMatchObject({ active: true, auth_time: authTime, acr: 'mfa' })
        const access = await appgrant.authorizer.verify(String(access_token))
        expect(Math.floor((access.authenticatedAt?.getTime() ?? 0) / 1000)).toBe(authTime)
        if (!signing) continue
        const claims = decodeJwt(String(access_token)) as unknown as AccessTokenClaims
        expect(claims.auth_time).toBe(authTime)
        expect(accessOfClaims(claims)).toMatchObject({ authenticatedAt: new Date(authTime * 1000), acr: 'mfa' })
      }
    }
  })

  it('say nothing of a sign-in that the host did not describe (TOK-11)', async () => {
    const { tokens, introspect, appgrant } = await platform()
    const { access_token } = await tokens()
    expect(Object.keys(await introspect(access_token))).not.toContain('auth_time')
    expect(Object.keys(await appgrant.authorizer.verify(String(access_token)))).not.toContain('authenticatedAt')
  })
})

describe('the JSON API with freshSignInSeconds', () => {
  const RISKY = [
    ['POST', '/regenerate-secret', {}],
    ['POST', '/secrets', {}],
    ['PUT', '/trusted', { trusted: true }],
    ['PUT', '/jwks', { jwks: [] }],
    ['PATCH', '', { redirectUrls: ['https://other.example/'] }],
  ] as const

  it.each(RISKY)(
    '%s /apps/{key}%s is a 401 with max_age until the sign-in is recent, and changes nothing (TOK-11)',
    async (method, path, body) => {
      const { session, signedIn, call, appgrant, app, secret, handler } = await platform({ freshSignInSeconds: 300 })
      session.who = { account: 'org-1' }
      const attempt = () => call(method, `/apps/${app.key}${path}`, body)
      for (const secondsAgo of [undefined, 301]) {
        if (secondsAgo !== undefined)
          session.who = { account: 'org-1', authenticatedAt: new Date(Date.now() - secondsAgo * 1000) }
        const before = await appgrant.apps.get(app.key)
        const refused = await attempt()
        expect(refused.status).toBe(401)
        expect(refused.headers.get('www-authenticate')).toContain('max_age="300"')
        expect((await jsonOf(refused)).error).toBe('insufficient_user_authentication')
        expect(await appgrant.apps.get(app.key)).toEqual(before)
      }
      expect(
        (
          await handler(
            new Request(`${ISSUER}/introspect`, {
              method: 'POST',
              body: new URLSearchParams({ token: 'x' }),
              headers: basic(app.key, secret),
            }),
          )
        ).status,
      ).toBe(200)
      signedIn(290)
      session.who = { ...session.who, account: 'org-1' }
      expect((await attempt()).status).not.toBe(401)
    },
  )

  it.each([
    ['POST', '/suspend', {}],
    ['POST', '/revoke-tokens', {}],
    ['PUT', '/trusted', { trusted: false }],
    ['PATCH', '', { description: 'Other' }],
  ] as const)('%s /apps/{key}%s needs no recent sign-in: it gives no rights (TOK-11)', async (method, path, body) => {
    const { session, call, app } = await platform({ freshSignInSeconds: 300 })
    session.who = { account: 'org-1' }
    expect((await call(method, `/apps/${app.key}${path}`, body)).status).not.toBe(401)
  })

  it.each([59, '300', 60.5])('the option %j is refused (ERR-6)', async (freshSignInSeconds) => {
    await expect(authorization({ freshSignInSeconds: freshSignInSeconds as number })).rejects.toThrow(
      'freshSignInSeconds',
    )
  })

  it('the option is refused if the API is not served (ERR-6)', async () => {
    await expect(authorization({ freshSignInSeconds: 300, api: false })).rejects.toThrow('freshSignInSeconds')
  })
})
