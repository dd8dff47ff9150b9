import { describe, expect, it } from 'vitest'
import { manualClock } from '../../src/testing/index.ts'

describe('manualClock', () => {
  it('manualClock starts at the current time and stands still', () => {
    const before = Date.now()
    const clock = manualClock()
    expect(clock()).toBeGreaterThanOrEqual(before)
    expect(clock()).toBeLessThanOrEqual(Date.now())
    expect(clock()).toBe(clock())
  })

  it('manualClock starts and moves as told', () => {
    const clock = manualClock(1_000)
    clock.advance(0)
    expect(clock()).toBe(1_000)
    clock.advance(60_000)
    clock.advance(1)
    expect(clock()).toBe(61_001)
  })

  it('manualClock works as a plain function, as the library takes it', () => {
    const clock = manualClock(5)
    const { advance } = clock
    advance(2)
    expect([0].map(clock)).toEqual([7])
  })

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('manualClock refuses to advance by %s', (ms) => {
    const clock = manualClock(1_000)
    expect(() => clock.advance(ms)).toThrow(
      new TypeError(`manualClock: ms: expected an integer of at least 0, received ${ms}`),
    )
    expect(clock()).toBe(1_000)
  })

  it('manualClock refuses to start before 1970', () => {
    expect(() => manualClock(-1)).toThrow(TypeError)
  })
})
