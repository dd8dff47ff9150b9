import { channel } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { createKey } from '../../src/credentials/app-key.ts'
import { createRandomText } from '../../src/credentials/random.ts'
import { createTokenFormat } from '../../src/credentials/token-format.ts'
import { createAppGrant } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { codeOf, refusalOf } from '../support/code-of.ts'
import { createFixture } from '../support/fixture.ts'
import { warningsDuring } from '../support/warnings.ts'

const random = createRandomText()

async function setUp() {
  const fixture = createFixture()
  const { app, secret } = await fixture.registerTrusted()
  const grant = () => fixture.appgrant.authorizer.clientCredentials({ key: app.key, secret })
  return { ...fixture, app, secret, grant, of: { app: app.key, account: 'org' } }
}

describe('security cases', () => {
  it('an app-only token is for the owner, even if an account has the id of the app (S28)', async () => {
    const appgrant = createAppGrant({ store: memoryStore() })
    const { app, secret } = await appgrant.apps.register(exampleApp({ owner: 'org', trusted: true }))
    const { accessToken } = await appgrant.authorizer.clientCredentials({ key: app.key, secret })
    expect(await appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ kind: 'app', account: 'org' })
    const namesake = appgrant.as(app.key)
    expect(await namesake.apps.get(app.key)).toBeUndefined()
    expect((await namesake.apps.list()).items).toEqual([])
    expect(await namesake.apps.remove(app.key)).toBe(false)
    for (const account of ['org', app.key])
      expect(await codeOf(namesake.tokens.count({ app: app.key, account }))).toBe('app_not_found')
  })

  it('every path fails after an app is suspended or removed (S33)', async () => {
    const { appgrant, app, secret, grant } = await setUp()
    const { accessToken } = await grant()
    const paths = async () => [
      (await appgrant.authorizer.tryVerify(accessToken)).ok,
      await codeOf(grant()),
      await codeOf(appgrant.authorizer.authenticateApp({ key: app.key, secret })),
    ]
    await appgrant.apps.suspend(app.key)
    expect(await paths()).toEqual([false, 'app_suspended', 'app_suspended'])
    await appgrant.apps.resume(app.key)
    expect(await paths()).toEqual([true, 'ok', 'ok'])
    await appgrant.apps.remove(app.key)
    expect(await paths()).toEqual([false, 'app_authentication_failed', 'app_authentication_failed'])
    expect(await codeOf(appgrant.authorizer.revokeToken({ key: app.key, secret, token: accessToken }))).toBe(
      'app_authentication_failed',
    )
    for (const act of ['suspend', 'resume', 'regenerateSecret', 'addSecret', 'revokeTokens'] as const)
      expect(await codeOf(appgrant.apps[act](app.key)), act).toBe('app_not_found')
    expect(await appgrant.apps.get(app.key)).toBeUndefined()
    expect((await appgrant.apps.list()).items).toEqual([])
  })

  it('a regeneration revokes the overlapping secret and all earlier tokens (S38)', async () => {
    const { appgrant, app, secret, grant } = await setUp()
    const { secret: overlap } = await appgrant.apps.addSecret(app.key)
    const tokens = [await grant(), await appgrant.authorizer.clientCredentials({ key: app.key, secret: overlap })]
    const { secret: fresh, app: after } = await appgrant.apps.regenerateSecret(app.key)
    expect(after.secrets).toHaveLength(1)
    for (const { accessToken } of tokens)
      expect(await appgrant.authorizer.tryVerify(accessToken)).toEqual({ ok: false, reason: 'revoked' })
    for (const old of [secret, overlap])
      expect(await codeOf(appgrant.authorizer.clientCredentials({ key: app.key, secret: old }))).toBe(
        'app_authentication_failed',
      )
    expect(await codeOf(appgrant.authorizer.clientCredentials({ key: app.key, secret: fresh }))).toBe('ok')
  })

  it('a token whose insert arrives after everything was revoked is not valid (S3A)', async () => {
    for (const kill of ['regenerateSecret', 'revokeTokens', 'suspend', 'remove', 'removeAll'] as const) {
      const fixture = createFixture(memoryStore(), { timeoutMs: 10 })
      const { appgrant, store, observed } = fixture
      const { app, secret } = await fixture.registerTrusted()
      const held = store.hold('insert')
      expect(await codeOf(appgrant.authorizer.clientCredentials({ key: app.key, secret }))).toBe('outcome_unknown')
      const of = { app: app.key, account: 'org' }
      await (kill === 'removeAll' ? appgrant.tokens.removeAll(of) : appgrant.apps[kill](app.key))
      held.release()
      await new Promise(setImmediate)
      expect(observed.written.at(-1)?.kind).toBe('t')
      if (kill !== 'remove' && kill !== 'suspend') expect(await appgrant.tokens.count(of), kill).toBe(0)
    }
  })

  it('the right ids with a wrong secret part are unknown and change nothing (S44)', async () => {
    const { appgrant, app, secret, grant } = await setUp()
    const { accessToken, tokenId } = await grant()
    const format = createTokenFormat('ag')
    const forged = format.write('at', { app: app.key, token: tokenId, secret: random(48) })
    expect(await appgrant.authorizer.tryVerify(forged)).toEqual({ ok: false, reason: 'unknown' })
    await appgrant.authorizer.revokeToken({ key: app.key, secret, token: forged })
    expect(await appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ ok: true })
    // Another app's key before the same id and secret, of the same partition and of another one.
    const part = accessToken.slice(54, 102)
    for (const key of [createKey('org', random), createKey('other', random)])
      expect(
        await appgrant.authorizer.tryVerify(format.write('at', { app: key, token: tokenId, secret: part })),
      ).toMatchObject({ ok: false, reason: 'unknown' })
  })

  it('inputs of 100 kB are refused before any read (S45)', async () => {
    const { appgrant, app, secret, observed } = await setUp()
    const long = 'a'.repeat(100_000)
    const reads = { ...observed.calls }
    const fields = {
      homepage: `https://${long}`,
      adminEmail: `${long}@${long}`,
      redirectUrls: [`https://a.example/${long}`],
      scopes: [long],
      name: long,
      description: long,
      image: `https://a.example/${long}`,
      adminPhone: `+${'1'.repeat(100_000)}`,
      apiType: long,
    }
    for (const [field, value] of Object.entries(fields)) {
      const { details } = await refusalOf(appgrant.apps.register(exampleApp({ owner: 'org', [field]: value })))
      const name = Array.isArray(value) ? `${field}[0]` : field
      expect(details, field).toMatchObject({ fields: [{ field: name, code: 'too_long' }] })
      expect(inspect(details).length).toBeLessThan(1000)
    }
    expect(await appgrant.authorizer.tryVerify(`ag_at_${long}`)).toEqual({ ok: false, reason: 'malformed' })
    expect(await codeOf(appgrant.apps.list({ owner: 'org', cursor: long }))).toBe('invalid_cursor')
    expect(await appgrant.apps.get(long)).toBeUndefined()
    expect(await codeOf(appgrant.apps.register(exampleApp({ owner: long })))).toBe('invalid_request')
    expect(await codeOf(appgrant.tokens.count({ app: app.key, account: long }))).toBe('invalid_request')
    expect(observed.calls).toEqual(reads)
    expect(await codeOf(appgrant.authorizer.clientCredentials({ key: app.key, secret, scope: [long] }))).toBe(
      'invalid_scope',
    )
  })

  it('no stored value, key or group contains a secret or token, whole, in part or in another form (S46)', async () => {
    const { appgrant, app, secret, grant, of, observed } = await setUp()
    const credentials = [secret]
    credentials.push((await grant()).accessToken, (await grant()).accessToken)
    credentials.push(
      (await appgrant.apps.addSecret(app.key)).secret,
      (await appgrant.apps.regenerateSecret(app.key)).secret,
    )
    await appgrant.tokens.removeAll(of)
    await appgrant.apps.update(app.key, { name: 'x' })
    await appgrant.apps.remove(app.key)
    const { secret: publicSecret } = await appgrant.apps.register(exampleApp({ owner: 'org', public: true }))
    expect(publicSecret).toBeUndefined()
    const dump = JSON.stringify(observed.written)
    expect(observed.written.length).toBeGreaterThan(7)
    const parts = credentials.flatMap((text) =>
      text.length > 32 ? [text, text.slice(54, 102), text.slice(54, 78)] : [text, text.slice(0, 16), text.slice(16)],
    )
    for (const part of parts) {
      expect(part.length).toBeGreaterThanOrEqual(16)
      for (const form of [
        part,
        Buffer.from(part).toString('base64').slice(0, -4),
        Buffer.from(part).toString('hex'),
        [...part].reverse().join(''),
      ])
        expect(dump).not.toContain(form)
    }
  })

  it('canary secrets sent through every failure appear in no error, cause, event, trace, warning or output (S51)', async () => {
    const { appgrant, app, secret, store, tree, grant } = await setUp()
    const { accessToken } = await grant()
    const seen: unknown[] = []
    for (const type of ['app', 'token', 'refused', 'outage'] as const)
      appgrant.events.on(type, (event) => seen.push(event))
    const ends = METHODS.flatMap((method) =>
      ['start', 'end', 'asyncStart', 'asyncEnd', 'error'].map((moment) => {
        const one = channel(`tracing:appgrant:${method}:${moment}`)
        const listener = (message: unknown) => void seen.push({ ...(message as object) })
        one.subscribe(listener)
        return () => one.unsubscribe(listener)
      }),
    )
    const { key } = app
    const wrong = (secret.startsWith('a') ? 'b' : 'a') + secret.slice(1)
    const attempts = [
      () => appgrant.authorizer.clientCredentials({ key, secret: wrong, userAgent: 'x', remoteAddress: '192.0.2.1' }),
      () => appgrant.authorizer.clientCredentials({ key, secret, scope: ['nope'] }),
      () => appgrant.authorizer.clientCredentials({ key, secret: [secret] as never }),
      () => appgrant.authorizer.clientCredentials({ key: { secret } as never, secret }),
      () => appgrant.authorizer.authenticateApp({ key: secret, secret }),
      () => appgrant.authorizer.revokeToken({ key, secret: wrong, token: accessToken }),
      () => appgrant.authorizer.revokeToken({ key, secret, token: accessToken.slice(0, -1) }),
      () => appgrant.authorizer.verify(`${accessToken}x`),
      () => appgrant.authorizer.verify(accessToken.replace('at', 'rt')),
      () => appgrant.authorizer.tryVerify(accessToken, { audience: [accessToken] as never }),
      () => appgrant.apps.get(secret),
      () => appgrant.apps.suspend(accessToken),
      () => appgrant.tokens.remove({ app: key, account: 'org', ids: [accessToken, 5 as never] }),
      () => appgrant.apps.removeSecret({ app: key, secretId: secret }),
      () => appgrant.apps.list({ owner: 'org', cursor: accessToken }),
      () => appgrant.apps.addSecret(key),
      () => appgrant.authorizer.clientCredentials({ key, secret }),
      () => appgrant.authorizer.authenticateApp({ key, secret }),
    ]
    const faults = [
      () => {},
      () => store.fail('get', 'before'),
      () => store.fail('get', 'after'),
      () => store.fail('insert', 'before'),
      () => store.fail('insert', 'after'),
      () => store.fail('replace', 'before'),
      () => store.fail('replace', 'after'),
      () => tree.setDown(true),
      () => tree.set('org', { active: false }),
    ]
    const canaries = new Set([secret, wrong, accessToken, accessToken.slice(54, 102)])
    const warnings = await warningsDuring(async () => {
      for (const fault of faults) {
        for (const attempt of attempts) {
          fault()
          const answer = await attempt().catch((error: unknown) => error)
          seen.push(
            answer,
            answer instanceof Error
              ? [answer.message, answer.stack, answer.cause, inspect(answer, { showHidden: true, depth: null })]
              : [],
          )
          if (typeof answer === 'object' && answer && 'secret' in answer) canaries.add(String(answer.secret))
          if (typeof answer === 'object' && answer && 'accessToken' in answer) canaries.add(String(answer.accessToken))
          store.heal()
        }
        tree.setDown(false)
        tree.set('org', { active: true })
      }
    })
    for (const end of ends) end()
    expect(seen.length).toBeGreaterThan(500)
    expect(canaries.size).toBeGreaterThan(6)
    const output =
      inspect([seen, warnings], { depth: null, showHidden: true, maxArrayLength: null, maxStringLength: null }) +
      JSON.stringify(seen)
    for (const canary of canaries) expect(output.includes(canary), canary).toBe(false)
  })
})

const METHODS = ['apps', 'tokens', 'authorizer'].flatMap((part) => {
  const name = { apps: 'AppRegistry', tokens: 'TokenStore', authorizer: 'Authorizer' }[part]
  const appgrant = createAppGrant({ store: memoryStore() })
  return Object.keys(appgrant[part as 'apps']).map((method) => `${name}.${method}`)
})
