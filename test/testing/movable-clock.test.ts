import { describe, expect, it } from 'vitest'
import { movableClock } from '../../src/testing/index.ts'

describe('movableClock', () => {
  it('movableClock starts at the current time and stands still', () => {
    const before = Date.now()
    const clock = movableClock()
    expect(clock()).toBeGreaterThanOrEqual(before)
    expect(clock()).toBeLessThanOrEqual(Date.now())
    expect(clock()).toBe(clock())
  })

  it('movableClock starts and moves as told', () => {
    const clock = movableClock(1_000)
    clock.advance(0)
    expect(clock()).toBe(1_000)
    clock.advance(60_000)
    clock.advance(1)
    expect(clock()).toBe(61_001)
  })

  it('movableClock works as a plain function, as the library takes it', () => {
    const clock = movableClock(5)
    const { advance } = clock
    advance(2)
    expect([0].map(clock)).toEqual([7])
  })

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('movableClock refuses to advance by %s', (ms) => {
    const clock = movableClock(1_000)
    expect(() => clock.advance(ms)).toThrow(
      new TypeError(`movableClock: ms must be an integer of at least 0, received ${ms}`),
    )
    expect(clock()).toBe(1_000)
  })

  it('movableClock refuses to start before 1970', () => {
    expect(() => movableClock(-1)).toThrow(TypeError)
  })
})
