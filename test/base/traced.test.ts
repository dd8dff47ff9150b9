import { type ChannelListener, channel } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { traced } from '../../src/base/traced.ts'
import { AppGrantError, createAppGrant } from '../../src/index.ts'

const MOMENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const
let ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends) end()
  ends = []
})

function subscribe(name: string) {
  const seen: { moment: string; message: unknown }[] = []
  for (const moment of MOMENTS) {
    const one = channel(`tracing:appgrant:${name}:${moment}`)
    // A copy, because Node adds to the message later.
    const listener: ChannelListener = (message) => void seen.push({ moment, message: { ...(message as object) } })
    one.subscribe(listener)
    ends.push(() => one.unsubscribe(listener))
  }
  return seen
}

describe('tracing channels', () => {
  it('a tracing channel appgrant:<interface>.<method> reports start and end without arguments or result (S51)', async () => {
    const api = traced('Api', { ask: async (question: string) => `answer to ${question}` })
    const seen = subscribe('Api.ask')
    expect(await api.ask('canary')).toBe('answer to canary')
    expect(seen.map(({ moment }) => moment)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    expect(seen[0]?.message).toEqual({ interface: 'Api', method: 'ask' })
    expect(inspect(seen, { depth: null, showHidden: true })).not.toContain('canary')
  })

  it('a tracing channel reports the error, which the caller receives unchanged', async () => {
    const failure = new Error('no')
    const api = traced('Api', { ask: () => Promise.reject(failure) })
    const seen = subscribe('Api.ask')
    await expect(api.ask()).rejects.toBe(failure)
    expect(seen.find(({ moment }) => moment === 'error')?.message).toMatchObject({ error: failure })
  })

  it('the outcome of a call is ok, a denial reason, an error code or unexpected_error, from asyncStart on (ERR-9)', async () => {
    const api = traced('Api', {
      give: async () => ({ ok: true }),
      deny: async () => ({ ok: false, reason: 'expired' }),
      refuse: () => Promise.reject(new AppGrantError('app_suspended', {})),
      verify: () => Promise.reject(new AppGrantError('invalid_token', { details: { reason: 'revoked' } })),
      fail: () => Promise.reject(new Error('canary')),
      reject: () => Promise.reject(undefined),
    })
    const expected = {
      give: 'ok',
      deny: 'expired',
      refuse: 'app_suspended',
      verify: 'revoked',
      fail: 'unexpected_error',
      reject: 'unexpected_error',
    } as const
    for (const [method, outcome] of Object.entries(expected)) {
      const seen = subscribe(`Api.${method}`)
      await api[method as keyof typeof expected]().catch(() => {})
      const outcomes = seen.map(({ moment, message }) => [moment, (message as { outcome?: string }).outcome])
      expect(outcomes.filter(([moment]) => moment !== 'error')).toEqual([
        ['start', undefined],
        ['end', undefined],
        ['asyncStart', outcome],
        ['asyncEnd', outcome],
      ])
    }
  })

  it('a synchronous throw becomes a rejection, with and without subscribers', async () => {
    const api = traced('Api', {
      ask: (): Promise<void> => {
        throw new Error('at once')
      },
    })
    await expect(api.ask()).rejects.toThrow('at once')
    subscribe('Api.ask')
    await expect(api.ask()).rejects.toThrow('at once')
  })

  it('every method of the public interfaces has a tracing channel', async () => {
    const appgrant = createAppGrant({ store: memoryStore() })
    for (const [name, api] of Object.entries({
      AppRegistry: appgrant.apps,
      TokenStore: appgrant.tokens,
      Authorizer: appgrant.authorizer,
    })) {
      expect(Object.isFrozen(api)).toBe(true)
      for (const [method, call] of Object.entries(api) as [string, (input: unknown) => Promise<unknown>][]) {
        if (typeof call !== 'function') continue
        const seen = subscribe(`${name}.${method}`)
        await call(null).catch(() => {})
        expect(seen[0], `${name}.${method}`).toMatchObject({ moment: 'start', message: { interface: name, method } })
      }
    }
  })
})
