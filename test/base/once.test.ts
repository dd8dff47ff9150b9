import { describe, expect, it } from 'vitest'
import { once } from '../../src/base/once.ts'

describe('once', () => {
  it('runs at the first call, and every later call gets the same promise', async () => {
    let runs = 0
    const run = once(async () => {
      runs += 1
      return runs
    })
    expect(runs).toBe(0)
    expect(await Promise.all([run(), run()])).toEqual([1, 1])
    expect(run()).toBe(run())
  })

  it('a failure rejects all who wait for it and is not remembered', async () => {
    let runs = 0
    const run = once(async () => {
      runs += 1
      if (runs === 1) throw new Error('not yet')
      return runs
    })
    const settled = await Promise.allSettled([run(), run()])
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect([await run(), await run()]).toEqual([2, 2])
  })
})
