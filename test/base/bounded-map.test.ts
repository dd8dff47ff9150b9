import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createBoundedMap } from '../../src/base/bounded-map.ts'

/** A map of 100 bytes, so of two generations of 50. */
function mapOf100(age?: { readonly maxMs: number; readonly clock: () => number }) {
  const map = createBoundedMap<string>({ maxBytes: 100, ...(age && { age }) })
  const held = (...names: readonly string[]) => names.filter((name) => map.get(name) !== undefined)
  return { ...map, held }
}

describe('a bounded map', () => {
  it('gives back what was set last under the name', () => {
    const map = mapOf100()
    expect(map.get('a')).toBeUndefined()
    map.set('a', 'first', { bytes: 10 })
    map.set('a', 'second', { bytes: 10 })
    expect(map.get('a')).toBe('second')
    map.delete('a')
    expect(map.get('a')).toBeUndefined()
  })

  it('adds a value only if the name has none, in either generation, and that does not keep it', () => {
    const map = mapOf100()
    expect(map.add('a', 'first', { bytes: 10 })).toBe(true)
    expect(map.add('a', 'second', { bytes: 10 })).toBe(false)
    expect(map.get('a')).toBe('first')
    expect(map.add('next', 'next', { bytes: 45 })).toBe(true)
    expect(map.add('a', 'second', { bytes: 10 })).toBe(false)
    expect(map.add('last', 'last', { bytes: 45 })).toBe(true)
    expect(map.held('a', 'next', 'last')).toEqual(['next', 'last'])
    expect(map.add('a', 'second', { bytes: 10 })).toBe(true)
    expect(map.get('a')).toBe('second')
  })

  it('holds at least half of its bytes, of the newest, and never more than all of them (ERR-7)', () => {
    for (let count = 1; count <= 50; count++) {
      const map = mapOf100()
      const names = Array.from({ length: count }, (_, n) => `n${n}`)
      for (const name of names) map.set(name, name, { bytes: 10 })
      const newest = names.toReversed()
      const held = map.held(...newest)
      expect(held.length).toBeLessThanOrEqual(10)
      expect(held.length).toBeGreaterThanOrEqual(Math.min(count, 5))
      expect(held).toEqual(newest.slice(0, held.length))
    }
  })

  it('counts a value that is replaced once, however often and in whichever generation it was (ERR-7)', () => {
    const map = mapOf100()
    map.set('kept', 'kept', { bytes: 30 })
    for (let n = 0; n < 100; n++) map.set('changed', String(n), { bytes: 20 })
    expect(map.held('kept', 'changed')).toEqual(['kept', 'changed'])
    map.set('next', 'next', { bytes: 40 })
    for (let n = 0; n < 100; n++) map.set('changed', String(n), { bytes: 10 })
    expect(map.held('kept', 'changed', 'next')).toEqual(['kept', 'changed', 'next'])
    expect(map.get('changed')).toBe('99')
  })

  it('keeps what is used and forgets what is not', () => {
    const map = mapOf100()
    map.set('used', 'used', { bytes: 10 })
    map.set('unused', 'unused', { bytes: 10 })
    for (let n = 0; n < 30; n++) {
      map.set(`n${n}`, 'other', { bytes: 10 })
      expect(map.get('used')).toBe('used')
    }
    expect(map.get('unused')).toBeUndefined()
  })

  it('does not keep a value that would fill a generation by itself, nor what it takes the place of', () => {
    const map = mapOf100()
    map.set('a', 'small', { bytes: 10 })
    map.set('b', 'other', { bytes: 10 })
    map.set('a', 'large', { bytes: 51 })
    expect(map.held('a', 'b')).toEqual(['b'])
    map.set('a', 'half', { bytes: 50 })
    expect(map.get('a')).toBe('half')
  })

  it('deletes by tag in both generations, and the tags with their values', () => {
    const map = mapOf100()
    map.set('old', 'x', { bytes: 30, tags: ['t', 'u'] })
    map.set('new', 'x', { bytes: 30, tags: ['t'] })
    map.set('other', 'x', { bytes: 10, tags: ['u'] })
    map.deleteTagged('t')
    expect(map.held('old', 'new', 'other')).toEqual(['other'])
    // The tag of a value that was replaced or deleted is not that of what comes after it.
    map.set('other', 'y', { bytes: 10, tags: ['v'] })
    map.deleteTagged('u')
    expect(map.get('other')).toBe('y')
    map.delete('other')
    map.set('other', 'z', { bytes: 10 })
    map.deleteTagged('v')
    expect(map.get('other')).toBe('z')
  })

  it('keeps the tags of a value that moves to the newer generation', () => {
    const map = mapOf100()
    map.set('a', 'x', { bytes: 30, tags: ['t'] })
    map.set('b', 'x', { bytes: 30 })
    expect(map.get('a')).toBe('x')
    map.set('c', 'x', { bytes: 40 })
    map.deleteTagged('t')
    expect(map.held('a', 'b', 'c')).toEqual(['c'])
  })

  describe('with an age', () => {
    function aged() {
      const time = { now: 1000 }
      return { time, map: mapOf100({ maxMs: 300, clock: () => time.now }) }
    }

    it('keeps for at least that age what is used by nobody, and not for twice that age', () => {
      const { map, time } = aged()
      map.set('a', 'x', { bytes: 1 })
      time.now += 299
      map.set('b', 'x', { bytes: 1 })
      time.now += 1
      map.set('c', 'x', { bytes: 1 })
      time.now += 299
      expect(map.get('b')).toBe('x')
      time.now += 1
      map.set('d', 'x', { bytes: 1 })
      expect(map.held('a', 'b', 'c', 'd')).toEqual(['b', 'c', 'd'])
    })

    it('forgets what is too old also if nothing uses the map, and keeps what is younger', () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      onTestFinished(() => void vi.useRealTimers())
      const { map, time } = aged()
      const pass = (ms: number) => {
        time.now += ms
        vi.advanceTimersByTime(ms)
      }
      map.set('a', 'x', { bytes: 1 })
      pass(299)
      map.set('b', 'x', { bytes: 1 })
      pass(299)
      map.set('c', 'x', { bytes: 1 })
      pass(300)
      expect(map.held('a', 'b', 'c')).toEqual(['c'])
      expect(vi.getTimerCount()).toBe(1)
      // An empty map has no timer.
      pass(900)
      expect(vi.getTimerCount()).toBe(0)
      expect(map.held('c')).toEqual([])
    })

    it('forgets everything at the first use after twice that age', () => {
      const { map, time } = aged()
      for (const name of ['a', 'b']) map.set(name, 'x', { bytes: 40, tags: ['t'] })
      time.now += 600
      map.set('c', 'x', { bytes: 1 })
      expect(map.held('a', 'b', 'c')).toEqual(['c'])
      map.deleteTagged('t')
      expect(map.get('c')).toBe('x')
    })
  })
})
