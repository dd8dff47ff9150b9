import { type ChannelListener, channel } from 'node:diagnostics_channel'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { traced } from '../../src/base/traced.ts'
import { createAppGrant } from '../../src/index.ts'

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
    // A copy: what Node adds to the message later is looked at when its moment comes.
    const listener: ChannelListener = (message) => void seen.push({ moment, message: { ...(message as object) } })
    one.subscribe(listener)
    ends.push(() => one.unsubscribe(listener))
  }
  return seen
}

describe('tracing channels', () => {
  it('are named appgrant:<interface>.<method> and tell start and end, no argument and no result (S51)', async () => {
    const api = traced('Api', { ask: async (question: string) => `answer to ${question}` })
    const seen = subscribe('Api.ask')
    expect(await api.ask('canary')).toBe('answer to canary')
    expect(seen.map(({ moment }) => moment)).toEqual(['start', 'end', 'asyncStart', 'asyncEnd'])
    expect(seen[0]?.message).toEqual({ interface: 'Api', method: 'ask' })
    expect(inspect(seen, { depth: null, showHidden: true })).not.toContain('canary')
  })

  it('tell the error, which the caller gets unchanged', async () => {
    const failure = new Error('no')
    const api = traced('Api', { ask: () => Promise.reject(failure) })
    const seen = subscribe('Api.ask')
    await expect(api.ask()).rejects.toBe(failure)
    expect(seen.find(({ moment }) => moment === 'error')?.message).toMatchObject({ error: failure })
  })

  it('turn what throws at once into a rejection, watched or not', async () => {
    const api = traced('Api', {
      ask: (): Promise<void> => {
        throw new Error('at once')
      },
    })
    await expect(api.ask()).rejects.toThrow('at once')
    subscribe('Api.ask')
    await expect(api.ask()).rejects.toThrow('at once')
  })

  it('exist for every method of the public interfaces', async () => {
    const grants = createAppGrant({ store: memoryStore() })
    for (const [name, api] of Object.entries({
      AppRegistry: grants.apps,
      TokenStore: grants.tokens,
      Authorizer: grants.authorizer,
    })) {
      expect(Object.isFrozen(api)).toBe(true)
      for (const [method, call] of Object.entries(api) as [string, (input: unknown) => Promise<unknown>][]) {
        const seen = subscribe(`${name}.${method}`)
        await call(null).catch(() => {})
        expect(seen[0], `${name}.${method}`).toMatchObject({ moment: 'start', message: { interface: name, method } })
      }
    }
  })
})
