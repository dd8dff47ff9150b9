import { afterEach, describe, expect, it, vi } from 'vitest'
import { remoteKeys } from '../../../src/credentials/jwt/remote-keys.ts'
import { newKey, publicPart } from '../../support/signing.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const OLD = { ...publicPart(newKey()), kid: 'old' }
const NEW = { ...publicPart(newKey()), kid: 'new' }
const header = (kid: string) => ({ alg: 'ES256', kid }) as const

/** The keys of an issuer whose responses the test chooses, and a monotonic clock. */
function issuer() {
  let now = 0
  let response = () => Response.json({ keys: [OLD] })
  const requests: RequestInit[] = []
  const fetch = async (_: string | URL, init: RequestInit) => {
    requests.push(init)
    return response()
  }
  const find = remoteKeys(new URL('https://login.example/jwks.json'), {
    timeoutMs: 1000,
    fetch,
    steadyClock: () => now,
  })
  return {
    find: (kid: string) => find(header(kid)),
    requests,
    advance(ms: number) {
      now += ms
    },
    publish(...keys: unknown[]) {
      response = () => Response.json({ keys })
    },
    fail() {
      response = () => new Response('', { status: 500 })
    },
  }
}

describe('the keys of an issuer', () => {
  afterEach(() => vi.useRealTimers())

  it.each([
    ['an hour back', -HOUR],
    ['an hour ahead', HOUR],
    ['not at all', 0],
  ])('a retired key is not used after 10 minutes if the wall clock is set %s (S67)', async (_, change) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    const { find, requests, publish, advance } = issuer()
    expect(await find('old')).toBeDefined()
    publish(NEW)
    vi.setSystemTime(Date.now() + change)
    advance(10 * MINUTE - 1)
    expect([await find('old'), requests.length]).toEqual([expect.anything(), 1])
    advance(1)
    expect([await find('old'), requests.length]).toEqual([undefined, 2])
    expect(await find('new')).toBeDefined()
  })

  it('an unknown kid fetches the keys again, at most once in 10 s of a monotonic clock (S67)', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() })
    const { find, requests, publish, advance } = issuer()
    await find('old')
    publish(OLD, NEW)
    vi.setSystemTime(Date.now() + HOUR)
    advance(9999)
    expect([await find('new'), requests.length]).toEqual([undefined, 1])
    vi.setSystemTime(Date.now() - 2 * HOUR)
    advance(1)
    expect([await find('new'), requests.length]).toEqual([expect.anything(), 2])
  })

  it('calls at the same time share one request, whether the keys are known or not (S67)', async () => {
    const { find, requests, publish, advance } = issuer()
    const all = (kid: string) => Promise.all(Array.from({ length: 50 }, () => find(kid)))
    await all('old')
    expect(requests).toHaveLength(1)
    publish(NEW)
    advance(10 * MINUTE)
    expect((await all('new')).every(Boolean)).toBe(true)
    expect(requests).toHaveLength(2)
  })

  it('after a failure the keys are fetched again after 10 s, and until then every call that needs them fails (S67)', async () => {
    const { find, requests, publish, advance, fail } = issuer()
    await find('old')
    fail()
    advance(10 * MINUTE)
    for (const kid of ['old', 'new', 'old'])
      await expect(find(kid)).rejects.toThrow('expected a JWK set with keys, received status 500')
    advance(9999)
    await expect(find('old')).rejects.toThrow()
    expect(requests).toHaveLength(2)
    publish(OLD)
    advance(1)
    expect([await find('old'), requests.length]).toEqual([expect.anything(), 3])
  })

  it('keys that are known stay in use while others cannot be fetched (S67)', async () => {
    const { find, advance, fail } = issuer()
    await find('old')
    fail()
    advance(MINUTE)
    await expect(find('new')).rejects.toThrow()
    expect(await find('old')).toBeDefined()
  })

  it('a request has a deadline and asks for a JWK set', async () => {
    const { find, requests } = issuer()
    await find('old')
    const [init] = requests
    expect(init?.signal).toBeInstanceOf(AbortSignal)
    expect(new Headers(init?.headers).get('accept')).toBe('application/json, application/jwk-set+json')
  })
})
