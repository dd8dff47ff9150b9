import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { createAppGrant } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { codeOf, refusalOf } from '../support/code-of.ts'
import { httpFixture } from '../support/http-fixture.ts'

const DAYS_100 = 100 * 86_400_000

async function setUp() {
  let read = (): unknown => Date.now()
  const appgrant = createAppGrant({ store: memoryStore(), clock: () => read() as number })
  const outages: unknown[] = []
  appgrant.events.on('outage', ({ code, operation, at }) => outages.push([code, operation, Number.isNaN(+at)]))
  const { app, secret } = await appgrant.apps.register(exampleApp({ trusted: true }))
  const credentials = { key: app.key, secret }
  const { accessToken } = await appgrant.authorizer.clientCredentials(credentials)
  const setClock = (next: () => unknown) => {
    read = next
  }
  return { appgrant, app, credentials, accessToken, outages, setClock }
}

describe('a clock that fails', () => {
  it.each([
    ['NaN', () => Number.NaN],
    ['undefined', () => undefined],
    ['null', () => null],
    ['a Date', () => new Date()],
    ['a string', () => String(Date.now())],
    ['Infinity', () => Number.POSITIVE_INFINITY],
    [
      'an error',
      () => {
        throw new Error('ntp')
      },
    ],
  ])('%s accepts no expired token and issues none: it is an outage (ERR-1)', async (_, broken) => {
    const { appgrant, credentials, accessToken, outages, setClock } = await setUp()
    const { authorizer } = appgrant
    setClock(() => Date.now() + DAYS_100)
    expect(await authorizer.tryVerify(accessToken)).toEqual({ ok: false, reason: 'expired' })
    setClock(broken)
    const calls = [
      () => authorizer.verify(accessToken),
      () => authorizer.verify(accessToken, { maxStalenessMs: 1000 }),
      () => authorizer.clientCredentials(credentials),
      () => appgrant.apps.register(exampleApp()),
    ]
    for (const call of calls) expect(await codeOf(call())).toBe('clock_unavailable')
    expect((await refusalOf(authorizer.verify(accessToken))).cause).toBeInstanceOf(Error)
    expect(outages).toHaveLength(calls.length + 1)
    for (const outage of outages) expect(outage).toEqual(['clock_unavailable', 'clock', false])
    setClock(() => Date.now())
    expect(await authorizer.tryVerify(accessToken)).toMatchObject({ ok: true })
  })

  it('over HTTP it is a 503 with Retry-After (ERR-1)', async () => {
    let isBroken = false
    const { trustedApp, post } = httpFixture({ clock: () => (isBroken ? Number.NaN : Date.now()) })
    const { app, secret } = await trustedApp()
    isBroken = true
    const form = { grant_type: 'client_credentials', client_id: app.key, client_secret: secret }
    const response = await post('/token', form)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
  })
})
