import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import type { AppGrantError } from '../../src/base/errors.ts'
import { comparedClock } from '../../src/store/compared-clock.ts'
import { codeOf } from '../support/code-of.ts'

const HOUR = 3_600_000

function setUp({ off = 0, hasTime = true }: { off?: number; hasTime?: boolean } = {}) {
  const w = { server: 1_800_000_000_000, off, steady: 50, asked: 0, failing: false, errors: [] as AppGrantError[] }
  const memory = memoryStore()
  const time = async () => {
    w.asked++
    if (w.failing) throw new Error('no such command')
    return w.server
  }
  const compared = comparedClock(hasTime ? { ...memory, time } : memory, {
    clock: () => w.server + w.off,
    steadyClock: () => w.steady,
    differs: (error) => void w.errors.push(error),
  })
  const pass = (ms: number) => {
    w.server += ms
    w.steady += ms
  }
  /** A call to the store, and then the time, as every decision takes them. */
  const decide = async () => {
    await compared.store.get([])
    return compared.now()
  }
  return { w, memory, compared, pass, decide }
}

describe('the clock of the process, compared with that of the store', () => {
  it('a store without a clock is passed on as it is', () => {
    const { memory, compared, w } = setUp({ hasTime: false, off: HOUR })
    expect(compared.store).toBe(memory)
    expect(compared.now()).toBe(w.server + HOUR)
  })

  it('the clocks are compared before the first call returns, and then once a minute', async () => {
    const { w, pass, decide } = setUp()
    for (let n = 0; n < 100; n++) expect(await decide()).toBe(w.server)
    expect(w.asked).toBe(1)
    pass(59_999)
    await decide()
    expect(w.asked).toBe(1)
    pass(1)
    for (let n = 0; n < 100; n++) await decide()
    expect(w.asked).toBe(2)
  })

  it.each([-HOUR, -1001, 1001, HOUR])(
    'a clock that is off by %i ms gives no time, and an event (REV-3)',
    async (off) => {
      const { w, decide } = setUp({ off })
      expect(await codeOf(decide())).toBe('clock_skew')
      expect(w.errors.map(({ hint }) => hint)).toEqual([expect.stringContaining(`at least ${Math.abs(off)} ms`)])
    },
  )

  it('the time of a server that tells parts of a ms is whole ms, as positions must be (REV-8)', async () => {
    const { w, compared, decide } = setUp({ off: -0.25 })
    w.server += 0.25
    await decide()
    expect([compared.now(), compared.storeTime()]).toEqual([1_800_000_000_000, 1_800_000_000_000])
  })

  it.each([-1000, -500, 0, 500, 1000])('a clock that is off by %i ms is right', async (off) => {
    const { w, decide } = setUp({ off })
    expect(await decide()).toBe(w.server + off)
    expect(w.errors).toEqual([])
  })

  it('a clock that jumps is compared before the next call returns, and once it is corrected it is right again', async () => {
    const { w, pass, decide } = setUp()
    await decide()
    w.off = -HOUR
    expect(await codeOf(decide())).toBe('clock_skew')
    w.off = 0
    expect(await codeOf(decide())).toBe('ok')
    // A clock that drifts is found at the next comparison.
    for (let n = 0; n < 70; n++) {
      pass(1000)
      w.off += 20
      await codeOf(decide())
    }
    expect(await codeOf(decide())).toBe('clock_skew')
    expect(w.errors.length).toBeLessThan(20)
  })

  it('a clock that was found to be wrong stays so while the server does not tell its time, until it is corrected (REV-3)', async () => {
    const { w, pass, decide } = setUp({ off: -HOUR })
    expect(await codeOf(decide())).toBe('clock_skew')
    w.failing = true
    for (let n = 0; n < 5; n++) {
      pass(1000)
      await codeOf(decide())
      expect(await codeOf(decide())).toBe('clock_skew')
    }
    expect(w.errors).toHaveLength(1)
    w.off = 0
    expect(await codeOf(decide())).toBe('ok')
  })

  it('a server that does not tell its time refuses nothing', async () => {
    const { w, pass, decide } = setUp({ off: HOUR })
    w.failing = true
    expect(await codeOf(decide())).toBe('ok')
    w.failing = false
    pass(60_000)
    await decide()
    expect(await codeOf(decide())).toBe('clock_skew')
  })
})
