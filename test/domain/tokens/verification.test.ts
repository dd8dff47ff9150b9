import { channel } from 'node:diagnostics_channel'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { errorResponse } from '../../../src/http/wire/error-response.ts'
import { type AppGrant, createAppGrant, type VerifyFailureReason } from '../../../src/index.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { codeOf, refusalOf } from '../../support/code-of.ts'
import { dpopKey } from '../../support/dpop.ts'

const ISSUER = 'https://login.example'

/** What is done before a token is verified. */
interface Scene {
  readonly appgrant: AppGrant
  readonly key: string
  readonly account: { active: boolean; mayUseApps: boolean }
  readonly later: (ms: number) => void
  readonly boundToken: () => Promise<string>
}
const REASONS: Readonly<Record<VerifyFailureReason, (scene: Scene, token: string) => unknown>> = {
  malformed: (_, token) => `${token}!`,
  unknown: async () => (await setUp()).accessToken,
  expired: ({ later }) => later(3_600_000),
  revoked: ({ appgrant, key }) => appgrant.apps.revokeTokens(key),
  other_audience: () => undefined,
  proof_required: ({ boundToken }) => boundToken(),
  app_removed: ({ appgrant, key }) => appgrant.apps.remove(key),
  app_suspended: ({ appgrant, key }) => appgrant.apps.suspend(key),
  account_blocked: ({ account }) => {
    account.active = false
  },
  not_permitted: ({ account }) => {
    account.mayUseApps = false
  },
}

async function setUp() {
  let now = Date.now()
  const account = { active: true, mayUseApps: true, mayRegisterApps: true, mayTrustApps: true }
  const appgrant = createAppGrant({
    store: memoryStore(),
    issuer: ISSUER,
    dpop: {},
    clock: () => now,
    directory: { lineage: async (id) => [{ ...account, id }] },
  })
  const { app, secret } = await appgrant.apps.register(exampleApp({ trusted: true }))
  const later = (ms: number) => {
    now += ms
  }
  const { accessToken } = await appgrant.authorizer.clientCredentials({ key: app.key, secret })
  const boundToken = async () => {
    const dpopProof = await (await dpopKey()).prove({ url: `${ISSUER}/token` })
    return (await appgrant.authorizer.clientCredentials({ key: app.key, secret, dpopProof })).accessToken
  }
  return { appgrant, key: app.key, account, later, boundToken, accessToken }
}

describe('verify and tryVerify', () => {
  it.each(Object.entries(REASONS))(
    'verify rejects with invalid_token and the reason %s, tryVerify resolves to it (TOK-10, TOK-6)',
    async (reason, deny) => {
      const scene = await setUp()
      const changed = await deny(scene, scene.accessToken)
      const token = typeof changed === 'string' ? changed : scene.accessToken
      const options = reason === 'other_audience' ? { audience: 'https://other.example' } : undefined
      const { authorizer } = scene.appgrant
      expect(await authorizer.tryVerify(token, options)).toEqual({ ok: false, reason })
      const error = await refusalOf(authorizer.verify(token, options))
      expect(error).toMatchObject({
        code: 'invalid_token',
        details: { reason },
        message: 'the access token is not valid',
        hint: expect.stringMatching(/\.$/),
      })
      expect(JSON.stringify([error, error.stack, error.hint])).not.toContain(token)
    },
  )

  it('verify resolves to the access that tryVerify returns, fresh and from the cache (TOK-10)', async () => {
    const { appgrant, accessToken, key } = await setUp()
    const access = await appgrant.authorizer.verify(accessToken)
    expect(access).toMatchObject({ ok: true, kind: 'app', app: { key } })
    for (const options of [{}, { maxStalenessMs: 5000 }, { maxStalenessMs: 5000 }, { audience: ISSUER }]) {
      expect(await appgrant.authorizer.verify(accessToken, options)).toEqual(access)
      expect(await appgrant.authorizer.tryVerify(accessToken, options)).toEqual(access)
    }
  })

  it('an invalid option rejects verify and tryVerify with invalid_request (TOK-10)', async () => {
    const { appgrant, accessToken } = await setUp()
    for (const options of [{ maxStalenessMs: -1 }, { audience: 5 }]) {
      expect(await codeOf(appgrant.authorizer.verify(accessToken, options as object))).toBe('invalid_request')
      expect(await codeOf(appgrant.authorizer.tryVerify(accessToken, options as object))).toBe('invalid_request')
    }
    await expect(appgrant.authorizer.verify(accessToken, 7 as never)).rejects.toThrow(TypeError)
    await expect(appgrant.authorizer.tryVerify(accessToken, 7 as never)).rejects.toThrow(TypeError)
  })

  it('the tracing channels of verify and tryVerify report the same outcome, each its own calls (TOK-10)', async () => {
    const { appgrant, accessToken } = await setUp()
    const outcomes: unknown[] = []
    const stops = ['verify', 'tryVerify'].map((method) => {
      const ends = channel(`tracing:appgrant:Authorizer.${method}:asyncEnd`)
      const listener = (message: unknown) => {
        outcomes.push([method, (message as { readonly outcome: string }).outcome])
      }
      ends.subscribe(listener)
      return () => ends.unsubscribe(listener)
    })
    for (const token of [accessToken, 'x']) {
      await appgrant.authorizer.verify(token).catch(() => {})
      await appgrant.authorizer.tryVerify(token)
    }
    for (const stop of stops) stop()
    expect(outcomes).toEqual([
      ['verify', 'ok'],
      ['tryVerify', 'ok'],
      ['verify', 'malformed'],
      ['tryVerify', 'malformed'],
    ])
  })

  it.each(['oauth', 'api'] as const)(
    'invalid_token is a 401 with a challenge and without the reason, as an error of format %s (ERR-1, HTTP-5)',
    async (format) => {
      const { appgrant } = await setUp()
      const error = await refusalOf(appgrant.authorizer.verify('x'))
      const response = errorResponse(error, format, new Headers())
      expect(response).toMatchObject({
        status: 401,
        headers: {
          'www-authenticate': 'Bearer error="invalid_token", error_description="the access token is not valid"',
        },
      })
      expect(JSON.parse(response?.body ?? '')).toEqual({
        error: 'invalid_token',
        error_description: 'the access token is not valid',
      })
    },
  )
})
