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

  it('a listener that is not a function is refused', () => {
    expect(() => createEmitter(() => NOW).on('app', 'x' as never)).toThrow(TypeError)
  })
})
