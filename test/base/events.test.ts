import { describe, expect, it } from 'vitest'
import { createEmitter } from '../../src/base/events.ts'
import { warningsDuring } from '../support/warnings.ts'

const NOW = 1_700_000_000_000
const change = { change: 'updated', app: 'k' } as const

describe('events', () => {
  it('an event reaches each of its listeners once, in order, with time and actor (ACC-5)', () => {
    const events = createEmitter(() => NOW)
    const seen: unknown[] = []
    events.on('app', (event) => seen.push(['first', event]))
    events.on('app', (event) => seen.push(['second', event]))
    events.on('token', (event) => seen.push(['never', event]))
    const by = { account: 'org-1', login: 'ann' }
    events.emit('app', by, change)
    const event = { ...change, at: new Date(NOW), by }
    expect(seen).toEqual([
      ['first', event],
      ['second', event],
    ])
    expect(Object.isFrozen((seen[0] as [string, object])[1])).toBe(true)
  })

  it('an ended listener receives no more events, even if it was added twice', () => {
    const events = createEmitter(() => NOW)
    let calls = 0
    const listener = () => void calls++
    const end = events.on('app', listener)
    events.on('app', listener)
    events.emit('app', {}, change)
    expect(calls).toBe(2)
    end()
    end()
    events.emit('app', {}, change)
    expect(calls).toBe(3)
  })

  it('an event reaches only the listeners that existed when it happened', () => {
    const events = createEmitter(() => NOW)
    const seen: string[] = []
    events.on('app', () => {
      seen.push('outer')
      events.on('app', () => seen.push('added meanwhile'))
    })
    events.emit('app', {}, change)
    expect(seen).toEqual(['outer'])
  })

  it('a listener that throws becomes a process warning, and the other listeners still run', async () => {
    const events = createEmitter(() => NOW)
    let reached = 0
    events.on('app', () => {
      throw new Error('mine')
    })
    events.on('app', () => void reached++)
    const warnings = await warningsDuring(() => events.emit('app', {}, change))
    expect(reached).toBe(1)
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatchObject({ code: 'APPGRANT_LISTENER' })
    expect(warnings[0]?.message).toContain('mine')
  })

  it('a listener that rejects becomes a process warning', async () => {
    const events = createEmitter(() => NOW)
    events.on('app', async () => {
      throw new Error('later')
    })
    const warnings = await warningsDuring(() => events.emit('app', {}, change))
    expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('later')])
  })

  it('whatever a listener throws becomes a process warning, even a value without text', async () => {
    const events = createEmitter(() => NOW)
    const thrown = [Symbol('x'), Object.create(null), undefined, null, { toString: () => Symbol('y') }]
    for (const one of thrown) {
      events.on('app', () => {
        throw one
      })
      events.on('app', () => Promise.reject(one))
    }
    const warnings = await warningsDuring(() => events.emit('app', {}, change))
    expect(warnings).toHaveLength(2 * thrown.length)
  })

  const unexpected = { code: 'server_error', operation: 'POST /token', cause: new RangeError('a bug') } as const

  it('an unexpected error that nobody listens to is a process warning with its stack, once (ERR-9)', async () => {
    const events = createEmitter(() => NOW)
    const warnings = await warningsDuring(() => {
      events.emit('outage', {}, unexpected)
      events.emit('outage', {}, unexpected)
    })
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toMatchObject({ code: 'APPGRANT_OUTAGE', detail: unexpected.cause.stack })
    expect(warnings[0]?.message).toMatch(/POST \/token.*RangeError: a bug.*events\.on\('outage'\)/)
  })

  it('the first outage of each code that nobody listens to is a process warning (ERR-9)', async () => {
    const events = createEmitter(() => NOW)
    const warnings = await warningsDuring(() => {
      for (const code of ['store_unavailable', 'store_unavailable', 'server_error'] as const)
        events.emit('outage', {}, { ...unexpected, code })
    })
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^appgrant could not use the store \(POST \/token\): RangeError: a bug/),
      expect.stringMatching(/^appgrant responded to POST \/token with 500/),
    ])
  })

  it('an error with a listener, and a refusal, are no warning (ERR-9)', async () => {
    const events = createEmitter(() => NOW)
    const warnings = await warningsDuring(() => {
      events.emit('refused', {}, { code: 'invalid_scope', reason: 'invalid_scope' })
      const end = events.on('outage', () => {})
      events.emit('outage', {}, unexpected)
      end()
    })
    expect(warnings).toEqual([])
    expect(await warningsDuring(() => events.emit('outage', {}, unexpected))).toHaveLength(1)
  })

  it('a warning about an unexpected error that has no text still says where it happened', async () => {
    const events = createEmitter(() => NOW)
    const warnings = await warningsDuring(() =>
      events.emit('outage', {}, { ...unexpected, cause: Object.create(null) }),
    )
    expect(warnings[0]?.message).toContain('POST /token')
  })

  it('a listener that is not a function is refused', () => {
    expect(() => createEmitter(() => NOW).on('app', 'x' as never)).toThrow(TypeError)
  })
})
