import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { type ErrorCode, isAppGrantError } from '../../../src/index.ts'
import { codeOf } from '../../support/code-of.ts'
import { hostileValues, spoil } from '../../support/hostile-values.ts'
import { NO_LIMITS } from '../../support/limits.ts'
import { challengeOf, createSessionFixture, paramsOf, REDIRECT, VERIFIER } from '../../support/session-fixture.ts'

const SEED = 4_046
const INPUTS = 10_000
/** None of these is the caller's fault, so no input may lead there. */
const OUTAGES: readonly ErrorCode[] = ['store_unavailable', 'outcome_unknown', 'directory_unavailable', 'conflict']
const LONG = 'a'.repeat(100_000)

async function setUp() {
  const w = await createSessionFixture(async () => memoryStore(), { options: { limits: NO_LIMITS } })
  const { code, refresh } = await w.start()
  const { ticket } = await w.consent()
  const asked = {
    client_id: w.key,
    redirect_uri: REDIRECT,
    response_type: 'code',
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: 'S256',
    scope: 'read',
    state: 'x',
  }
  const answer = { ticket, account: 'user', login: 'nobody', scope: ['read'] }
  const credentials = { key: w.key, secret: w.secret, userAgent: 'x', remoteAddress: '192.0.2.1' }
  const of = { account: 'user', limit: 5, cursor: 'x' }
  /** For each method valid arguments, at least one of which is spoilt. */
  const right: Record<'authorizer' | 'installs', Record<string, readonly unknown[]>> = {
    authorizer: {
      beginAuthorization: [paramsOf(asked), { account: 'user', login: 'anna' }],
      approve: [answer],
      deny: [answer],
      exchangeCode: [{ ...credentials, code, codeVerifier: VERIFIER, redirectUrl: `${REDIRECT}/x` }],
      refresh: [{ ...credentials, refreshToken: `${refresh}x`, scope: ['read'] }],
    },
    installs: {
      list: [{ ...of, name: 'x' }],
      listByApp: [{ app: w.key, limit: 5, cursor: 'x' }],
      count: [{ app: w.key }],
      withdraw: [{ app: w.key, account: 'org' }],
    },
  }
  return { w, right, asked, code, refresh, ticket }
}

describe('hostile input to user authorization and installs', () => {
  for (const part of ['authorizer', 'installs'] as const)
    it(`${part}: ${INPUTS} hostile inputs for each method (seed ${SEED}) cause no untyped error and store nothing if refused (ERR-4)`, async () => {
      const { w, right } = await setUp()
      for (const [method, args] of Object.entries(right[part])) {
        const hostile = hostileValues(SEED)
        const api = w.appgrant[part] as unknown as Record<string, (...args: readonly unknown[]) => Promise<unknown>>
        const spoilArgument = (arg: unknown) => {
          const isPlain = typeof arg === 'object' && arg !== null && !(arg instanceof URLSearchParams)
          return isPlain && hostile.chance(0.8) ? spoil(arg, hostile) : hostile.value()
        }
        for (let n = 0; n < INPUTS; n++) {
          const spoilt = hostile.pick(args.map((_, at) => at))
          const given = args.map((arg, at) => (at === spoilt ? spoilArgument(arg) : arg))
          const before = w.observed.written.length
          try {
            await api[method]?.(...given)
          } catch (error) {
            const input = `seed ${SEED}, input ${n} of ${method}`
            if (!isAppGrantError(error)) throw new Error(`${input}: ${inspect(given)} ended with ${inspect(error)}`)
            if (OUTAGES.includes(error.code)) throw new Error(`${input}: ${inspect(given)} ended with ${error.code}`)
            if (w.observed.written.length !== before)
              throw new Error(`${input}: ${inspect(given)} was refused and stored`)
          }
        }
      }
    })

  it(`${INPUTS} hostile authorization requests (seed ${SEED}) cause a typed refusal or a redirect to the app alone (ERR-4)`, async () => {
    const { w, asked } = await setUp()
    const hostile = hostileValues(SEED)
    const names = [...Object.keys(asked), 'request', 'request_uri', 'response_mode', 'resource', 'prompt', '__proto__']
    const texts = [
      '',
      ' ',
      '\0',
      '\r\n',
      '<script>',
      '__proto__',
      '\ud800',
      '＃／．＠',
      '%00',
      '{"$ne":null}',
      'https://evil.example/',
      LONG,
      'code',
      'S256',
      'plain',
    ]
    const any = () => (hostile.chance(0.5) ? hostile.pick(texts) : inspect(hostile.value()))
    for (let n = 0; n < INPUTS; n++) {
      const params = paramsOf(asked)
      for (let changes = hostile.pick([1, 1, 2]); changes > 0; changes--) {
        const name = hostile.pick(names)
        const change = hostile.pick(['delete', 'append', 'set', 'set', 'set'])
        if (change === 'delete') params.delete(name)
        else if (change === 'append') params.append(name, any())
        else params.set(name, any())
      }
      const before = w.observed.written.length
      try {
        const answer = await w.appgrant.authorizer.beginAuthorization(params, { account: 'user' })
        const stored = w.observed.written.length - before
        if (answer.step === 'consent') expect([stored, answer.redirectHost]).toEqual([1, 'app.example'])
        else {
          expect([stored, answer.location.startsWith(`${REDIRECT}?error=`)], `${params}`).toEqual([0, true])
          expect(answer.location).toMatch(/^[\x21-\x7e]+$/)
        }
      } catch (error) {
        if (!isAppGrantError(error, 'app_not_found', 'invalid_redirect', 'invalid_request'))
          throw new Error(`seed ${SEED}, input ${n}: ${params} ended with ${inspect(error)}`)
        expect(w.observed.written.length).toBe(before)
      }
    }
  })

  it('an object or array is refused as text in every parameter (S40)', async () => {
    const { w, right } = await setUp()
    const wrong = [
      { $ne: null },
      { $gt: '' },
      ['x'],
      5,
      true,
      null,
      Object('x'),
      { toString: () => w.key },
      Symbol('x'),
      5n,
    ]
    for (const part of ['authorizer', 'installs'] as const)
      for (const [method, args] of Object.entries(right[part])) {
        const api = w.appgrant[part] as unknown as Record<string, (...args: readonly unknown[]) => Promise<unknown>>
        const arg = args.at(-1) as Readonly<Record<string, unknown>>
        for (const name of Object.keys(arg).filter((one) => one !== 'limit' && one !== 'scope'))
          for (const value of wrong) {
            const calls = { ...w.observed.calls }
            const given = [...args.slice(0, -1), { ...arg, [name]: value }]
            const answer = await api[method]?.(...given).catch((error) => error.code)
            expect(answer, `${method} ${name} ${inspect(value)}`).toBe('invalid_request')
            expect({ ...w.observed.calls, get: 0 }).toEqual({ ...calls, get: 0 })
          }
      }
  })

  it('overlong texts are refused by their length, before the store is asked (S45)', async () => {
    const { w, code, refresh } = await setUp()
    const { authorizer, installs } = w.appgrant
    const by = { key: w.key, secret: w.secret }
    const calls: readonly (readonly [ErrorCode, () => Promise<unknown>, number?])[] = [
      [
        'invalid_request',
        () =>
          authorizer.beginAuthorization(new URLSearchParams({ client_id: w.key, state: LONG }), { account: 'user' }),
      ],
      [
        'invalid_request',
        () => authorizer.beginAuthorization(new URLSearchParams({ client_id: LONG }), { account: 'user' }),
      ],
      ['invalid_request', () => authorizer.beginAuthorization(new URLSearchParams(), { account: LONG })],
      ['invalid_request', () => authorizer.beginAuthorization(new URLSearchParams(), { account: 'user', login: LONG })],
      ['invalid_ticket', () => authorizer.approve({ ticket: LONG, account: 'user' })],
      ['invalid_ticket', () => authorizer.deny({ ticket: `ag_qt_${LONG}`, account: 'user' })],
      [
        'app_authentication_failed',
        () => authorizer.exchangeCode({ ...by, key: LONG, code, codeVerifier: VERIFIER, redirectUrl: REDIRECT }),
      ],
      // Only the app is looked up.
      [
        'invalid_code',
        () => authorizer.exchangeCode({ ...by, code: LONG, codeVerifier: VERIFIER, redirectUrl: REDIRECT }),
        1,
      ],
      ['invalid_code', () => authorizer.exchangeCode({ ...by, code, codeVerifier: LONG, redirectUrl: REDIRECT }), 1],
      ['invalid_code', () => authorizer.exchangeCode({ ...by, code, codeVerifier: VERIFIER, redirectUrl: LONG }), 1],
      ['invalid_refresh_token', () => authorizer.refresh({ ...by, refreshToken: `ag_rt_${LONG}` }), 1],
      ['invalid_scope', () => authorizer.refresh({ ...by, refreshToken: refresh, scope: [LONG] }), 1],
      ['invalid_scope', () => authorizer.refresh({ ...by, refreshToken: refresh, scope: Array(101).fill('read') }), 1],
      ['invalid_request', () => installs.list({ account: LONG })],
      ['invalid_request', () => installs.list({ account: 'user', name: LONG })],
      ['invalid_cursor', () => installs.list({ account: 'user', cursor: LONG })],
      ['app_not_found', () => installs.count({ app: LONG })],
    ]
    for (const [expected, call, reads = 0] of calls) {
      const before = { ...w.observed.calls }
      expect(await codeOf(call()), String(call)).toBe(expected)
      expect(w.observed.calls, String(call)).toEqual({ ...before, get: before.get + reads })
    }
    expect(await installs.withdraw({ app: LONG, account: 'user' })).toBe(false)
    expect(await codeOf(w.refresh(refresh))).toBe('ok')
  })
})
