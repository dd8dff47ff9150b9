import { calculateJwkThumbprint, SignJWT } from 'jose'
import { afterEach, describe, expect, it } from 'vitest'
import type { Jwk } from '../../src/index.ts'
import { type FeedOptions, signatureVerifier } from '../../src/resource.ts'
import { codeOf, refusalOf } from '../support/code-of.ts'
import { membersOf } from '../support/feed.ts'
import { closed } from '../support/real-server.ts'
import { keyObject, newKey, SIGNING } from '../support/signing.ts'
import { API, type Platform, platform, standIn } from './platform.ts'

describe('signatureVerifier with a feed', () => {
  const open: { close(): unknown }[] = []
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close()
  })
  const start = async (options: Parameters<typeof platform>[2] = {}): Promise<Platform> => {
    const here = await platform('signed', SIGNING, { revocationFeed: true, ...options })
    open.push(here)
    return here
  }
  const verifierOf = (here: Platform, feed: Partial<FeedOptions> = {}) => {
    const verifier = signatureVerifier({ issuer: here.issuer, audience: API, feed: { ...here.resource, ...feed } })
    open.push(verifier)
    return verifier
  }
  const post = (here: Platform, form: Record<string, string>, { key, secret } = here.resource) =>
    fetch(`${here.issuer}/revocations`, {
      method: 'POST',
      body: new URLSearchParams({ reader: 'the-reader-of-the-test', silent_seconds: '30', ...form }),
      headers: { authorization: `Basic ${btoa(`${key}:${secret}`)}` },
    })

  it('it refuses what was revoked before its first call, and accepts the rest with one request (REV-8)', async () => {
    const here = await start()
    const [old, kept] = [await here.token(), await here.token()]
    await here.appgrant.tokens.remove({ app: here.app.key, account: 'org', ids: [membersOfToken(old).jti] })
    const verifier = verifierOf(here)
    expect(await verifier.tryVerify(old)).toEqual({ ok: false, reason: 'revoked' })
    expect(await verifier.tryVerify(kept)).toMatchObject({ ok: true })
    expect(here.requests.filter((path) => path === '/revocations')).toHaveLength(1)
  })

  it('it refuses what is revoked later within a poll, and accepts what is resumed (REV-8)', async () => {
    const here = await start()
    const verifier = verifierOf(here, { intervalMs: 500 })
    const token = await here.token()
    expect(await verifier.tryVerify(token)).toMatchObject({ ok: true })
    const becomes = async (ok: boolean) => {
      await expect.poll(async () => (await verifier.tryVerify(token)).ok, { timeout: 10_000 }).toBe(ok)
    }
    await here.appgrant.apps.suspend(here.app.key)
    await becomes(false)
    await here.appgrant.apps.resume(here.app.key)
    await becomes(true)
    await here.appgrant.apps.regenerateSecret(here.app.key)
    await becomes(false)
  })

  it('a token without stamps, issued before there was a feed, is unknown (REV-8)', async () => {
    const here = await start({ revocationFeed: false })
    const token = await here.token()
    expect(membersOfToken(token)).not.toHaveProperty('stamps')
    expect(await verifierOf(here).tryVerify(token)).toEqual({ ok: false, reason: 'unknown' })
    expect((await post(here, {})).status).toBe(404)
  })

  it('wrong credentials, and an app that is no resource server, are an outage and not a denial (REV-8, ERR-1)', async () => {
    const here = await start()
    const token = await here.token()
    const other = await here.register()
    expect(await refusalOf(verifierOf(here, { secret: 'wrong' }).tryVerify(token))).toMatchObject({
      code: 'issuer_unavailable',
      cause: { message: expect.stringContaining('401 invalid_client') },
    })
    const theirs = { key: other.app.key, secret: other.secret }
    expect(await refusalOf(verifierOf(here, theirs).tryVerify(token))).toMatchObject({
      code: 'issuer_unavailable',
      cause: { message: expect.stringContaining('400 unauthorized_client') },
    })
  })

  it('POST /revocations responds with a signed part that is not stored and names no secret, and refuses a forged cursor (REV-8)', async () => {
    const here = await start()
    const token = await here.token()
    await here.appgrant.apps.revokeTokens(here.app.key)
    const response = await post(here, {})
    expect([response.status, response.headers.get('content-type'), response.headers.get('cache-control')]).toEqual([
      200,
      'application/jwt',
      'no-store',
    ])
    const text = await response.text()
    const { revoked, ...rest } = membersOf(text)
    expect(revoked).toEqual([expect.stringMatching(/^[\w-]{11}$/)])
    expect(membersOfToken(token).stamps).toContain(revoked[0])
    expect(rest).toEqual({
      iss: here.issuer,
      aud: here.resource.key,
      iat: expect.any(Number),
      after: null,
      cursor: expect.any(String),
      complete: true,
      restored: [],
    })
    const forged = await post(here, { cursor: 'forged' })
    expect([forged.status, ((await forged.json()) as { error: string }).error]).toEqual([400, 'invalid_request'])
    for (const wrong of [{ reader: '' }, { reader: 'short' }, { silent_seconds: '' }, { silent_seconds: '1e1' }]) {
      const refused = await post(here, { ...(wrong as Record<string, string>) })
      expect([refused.status, ((await refused.json()) as { error: string }).error]).toEqual([400, 'invalid_request'])
    }
    // It is not a token, although the same key has signed it.
    expect(await here.appgrant.authorizer.tryVerify(text)).toEqual({ ok: false, reason: 'malformed' })
    expect(await verifierOf(here).tryVerify(text)).toEqual({ ok: false, reason: 'malformed' })
  })

  type Change = (part: Record<string, unknown>) => Record<string, unknown>
  const hostile: Readonly<Record<string, Change>> = {
    'for another app': (part) => ({ ...part, aud: 'other' }),
    'of another issuer': (part) => ({ ...part, iss: 'https://other.example' }),
    'of another request': (part) => ({ ...part, after: '1.1' }),
    'from a minute ago': (part) => ({ ...part, iat: Number(part.iat) - 60 }),
    'from the future': (part) => ({ ...part, iat: Number(part.iat) + 60 }),
    'without a time': ({ iat: _, ...part }) => part,
    'without a list': ({ revoked: _, ...part }) => part,
    'with numbers in the list': (part) => ({ ...part, restored: [1] }),
    'with a cursor without end': (part) => ({ ...part, cursor: 'c'.repeat(1000) }),
  }
  const answering = async (here: Platform, answer: (part: Record<string, unknown>) => Promise<string>) => {
    const { url, server } = await standIn(async (_, res) => {
      const part = membersOf(await (await post(here, {})).text()) as unknown as Record<string, unknown>
      res.end(await answer(part))
    })
    open.push({ close: () => closed(server) })
    return verifierOf(here, { endpoint: `${url}/revocations` })
  }
  const signed = async (members: Record<string, unknown>, typ = 'revocations+jwt', key = SIGNING.current as Jwk) =>
    new SignJWT(members)
      .setProtectedHeader({ alg: 'ES256', typ, kid: await calculateJwkThumbprint(SIGNING.current as Jwk) })
      .sign(keyObject(key))

  it('a part as it should be is accepted from any endpoint (REV-8)', async () => {
    const here = await start()
    const verifier = await answering(here, (part) => signed(part))
    expect(await verifier.tryVerify(await here.token())).toMatchObject({ ok: true })
  })

  it.each(Object.entries(hostile))('a part %s is an outage (REV-8)', async (_, change) => {
    const here = await start()
    const verifier = await answering(here, (part) => signed(change(part)))
    expect(await codeOf(verifier.tryVerify(await here.token()))).toBe('issuer_unavailable')
  })

  it('a part of another type, or signed with another key, is an outage (REV-8)', async () => {
    const here = await start()
    for (const answer of [
      (part: Record<string, unknown>) => signed(part, 'at+jwt'),
      (part: Record<string, unknown>) => signed(part, 'JWT'),
      (part: Record<string, unknown>) => signed(part, 'revocations+jwt', newKey()),
      async () => '{}',
    ]) {
      const verifier = await answering(here, answer)
      expect(await codeOf(verifier.tryVerify(await here.token()))).toBe('issuer_unavailable')
    }
  })

  it.each<[keyof FeedOptions, unknown]>([
    ['key', ''],
    ['secret', ''],
    ['endpoint', 'http://platform.example'],
    ['intervalMs', 499],
    ['intervalMs', 60_001],
    ['silentSeconds', 1],
    ['silentSeconds', 3601],
    ['silentSeconds', 2],
    ['whenSilent', 'ignore'],
  ])('feed.%s = %j is refused (REV-8)', (option, value) => {
    const feed = { key: 'key', secret: 'secret', intervalMs: 2000, [option]: value } as FeedOptions
    expect(() => signatureVerifier({ issuer: 'https://login.example', audience: API, feed })).toThrow(option)
  })
})

function membersOfToken(token: string) {
  return membersOf(token) as unknown as { readonly jti: string; readonly stamps: readonly string[] }
}
