import { describe, expect, it } from 'vitest'
import { createWindows } from '../../src/base/windows.ts'
import { manualClock } from '../../src/testing/index.ts'

describe('windows', () => {
  it('a window counts up to its maximum, then says how long to wait, and begins again when it has ended', () => {
    const clock = manualClock()
    const windows = createWindows({ clock, windowMs: 10_000 })
    expect([1, 2, 3, 4].map(() => windows.count('a', 2))).toEqual([0, 0, 10, 10])
    expect(windows.count('b', 2)).toBe(0)
    clock.advance(9_999)
    expect(windows.count('a', 2)).toBe(1)
    clock.advance(1)
    expect(windows.count('a', 2)).toBe(0)
  })

  it('a clock that is set back makes no window longer', () => {
    let now = 1_800_000_000_000
    const windows = createWindows({ clock: () => now, windowMs: 1000 })
    expect([1, 2].map(() => windows.count('a', 1))).toEqual([0, 1])
    now -= 3_600_000
    expect([1, 2].map(() => windows.count('a', 1))).toEqual([0, 1])
  })
})
