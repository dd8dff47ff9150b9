import { describe, expect, it, vi } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import type { VerifyLegacySecret } from '../../../src/index.ts'
import { codeOf } from '../../support/code-of.ts'
import { createFixture } from '../../support/fixture.ts'
import { HASHES, legacyVerifier, THEIR_SECRET, theirApp } from '../../support/other-server.ts'
import { ISSUER } from '../../support/session-fixture.ts'

const DJANGO = { scheme: 'django', text: HASHES.django }

async function setUp(verifyLegacySecret: VerifyLegacySecret) {
  const { appgrant } = createFixture(memoryStore(), { issuer: ISSUER, verifyLegacySecret })
  const outages: { readonly cause: unknown }[] = []
  appgrant.events.on('outage', (event) => outages.push(event))
  await appgrant.apps.import([theirApp({ trusted: true, legacySecret: DJANGO })])
  const login = (secret = THEIR_SECRET) =>
    codeOf(appgrant.authorizer.clientCredentials({ key: 'their-key', secret, remoteAddress: '192.0.2.1' }))
  return { login, outages }
}

describe('a secret that another server has hashed', () => {
  it('is not counted as a failed attempt while the host cannot check it (ERR-1, APP-10)', async () => {
    let isDown = true
    const { login } = await setUp(async (...given) => {
      if (isDown) throw new Error('the service that checks is down')
      return legacyVerifier().verify(...given)
    })
    const during = []
    for (let attempt = 0; attempt < 100; attempt++) during.push(await login())
    expect(new Set(during)).toEqual(new Set(['legacy_secret_unavailable']))
    isDown = false
    expect(await login()).toBe('ok')
  })

  it('is counted as one if it is wrong, and then not checked any more (ERR-3)', async () => {
    const { calls, verify } = legacyVerifier()
    const { login } = await setUp(verify)
    const results = []
    for (let attempt = 0; attempt < 100; attempt++) results.push(await login('gateway-secret-2'))
    expect([results[0], results.at(-1)]).toEqual(['app_authentication_failed', 'too_many_failures'])
    expect(calls.length).toBeLessThan(50)
  })

  it('is checked for few apps at once, and delays no other app however often it is tried (ERR-3)', async () => {
    const running: ((isRight: boolean) => void)[] = []
    const { appgrant } = createFixture(memoryStore(), {
      issuer: ISSUER,
      verifyLegacySecret: () => new Promise<boolean>((resolve) => void running.push(resolve)),
    })
    const keys = Array.from({ length: 6 }, (_, at) => `key-${at}`)
    await appgrant.apps.import([
      ...keys.map((key) => theirApp({ key, trusted: true, legacySecret: DJANGO })),
      theirApp({ trusted: true }),
    ])
    const login = (key: string, secret: string) =>
      codeOf(appgrant.authorizer.clientCredentials({ key, secret, remoteAddress: '192.0.2.1' }))
    // None of these ends before the others.
    const checked = keys.slice(0, 4).map((key) => login(key, 'gateway-secret-2'))
    for (let attempt = 4; attempt < 1000; attempt++)
      expect(await login(keys[attempt % keys.length] ?? '', `wrong-${attempt}`)).toBe('too_many_failures')
    expect(running).toHaveLength(4)
    expect(await login('their-key', THEIR_SECRET)).toBe('ok')
    for (const end of running) end(false)
    expect(new Set(await Promise.all(checked))).toEqual(new Set(['app_authentication_failed']))
  })

  it('is checked again a minute after a check that never ended, and not before (APP-10)', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    try {
      let calls = 0
      const { login } = await setUp(() => (calls++ === 0 ? new Promise<boolean>(() => {}) : true))
      const first = login()
      await vi.advanceTimersByTimeAsync(5000)
      expect(await first).toBe('legacy_secret_unavailable')
      await vi.advanceTimersByTimeAsync(54_999)
      expect(await login()).toBe('too_many_failures')
      await vi.advanceTimersByTimeAsync(1)
      expect(await login()).toBe('ok')
    } finally {
      vi.useRealTimers()
    }
  })

  it.each([
    ['the hash', HASHES.django],
    ['the secret', THEIR_SECRET],
  ])('is not shown by an outage whose error contains %s (ERR-8)', async (_, text) => {
    const { login, outages } = await setUp(() => {
      throw new Error(`wrong format of ${text}`, { cause: new Error(text) })
    })
    expect(await login()).toBe('legacy_secret_unavailable')
    expect(outages).toHaveLength(1)
    for (let cause = outages[0]?.cause; cause instanceof Error; cause = cause.cause)
      expect(`${cause.stack}${cause.message}`).not.toContain(text)
  })

  it.each(['crypt$$abJnggxhB/yWI', '{CRYPT}abJnggxhB/yWI'])(
    'is refused if it is %s: only 8 bytes of the secret would count (APP-10)',
    async (text) => {
      const { appgrant } = createFixture(memoryStore(), { issuer: ISSUER, verifyLegacySecret: () => true })
      const results: unknown[] = []
      const entry = theirApp({ legacySecret: { scheme: 'crypt', text } })
      await appgrant.apps.import([entry], { onResult: (result) => void results.push(result) })
      expect(results).toMatchObject([{ errors: [{ field: 'legacySecret.text', code: 'not_a_hash' }] }])
      expect(JSON.stringify(results)).not.toContain(text)
    },
  )
})
