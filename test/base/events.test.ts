import { describe, expect, it } from 'vitest'
import { createEmitter } from '../../src/base/events.ts'
import { warningsDuring } from './warnings.ts'

const NOW = 1_700_000_000_000
const change = { change: 'updated', app: 'k' } as const

describe('events', () => {
  it('reach every listener of their type once, in the order of the listeners, with time and actor (ACC-5)', () => {
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

  it('stop at the listener that was ended, even where it was added twice', () => {
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

  it('reach the listeners there were when they happened', () => {
    const events = createEmitter(() => NOW)
    const seen: string[] = []
    events.on('app', () => {
      seen.push('outer')
      events.on('app', () => seen.push('added meanwhile'))
    })
    events.emit('app', {}, change)
    expect(seen).toEqual(['outer'])
  })

  it('turn a listener that throws into a process warning, and go on', async () => {
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

  it('turn a listener that rejects into a process warning', async () => {
    const events = createEmitter(() => NOW)
    events.on('app', async () => {
      throw new Error('later')
    })
    const warnings = await warningsDuring(() => events.emit('app', {}, change))
    expect(warnings.map(({ message }) => message)).toEqual([expect.stringContaining('later')])
  })

  it('survive whatever a listener throws, also what has no text', async () => {
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

  it('refuse a listener that is no function', () => {
    expect(() => createEmitter(() => NOW).on('app', 'x' as never)).toThrow(TypeError)
  })
})
