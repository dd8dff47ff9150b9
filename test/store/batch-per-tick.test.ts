import { describe, expect, it } from 'vitest'
import { batchPerTick } from '../../src/store/batch-per-tick.ts'

function recorded(answer: (item: number) => Promise<number> | number = (item) => item * 10) {
  const batches: (readonly number[])[] = []
  const call = batchPerTick<number, number>(async (items) => {
    batches.push(items)
    return Promise.all(items.map(answer))
  }, 4)
  return { batches, call }
}

describe('batchPerTick', () => {
  it('batchPerTick joins the calls of one turn, in order, and gives each its own result', async () => {
    const { batches, call } = recorded()
    expect(await Promise.all([call(1), call(2), Promise.resolve().then(() => call(3))])).toEqual([10, 20, 30])
    expect(batches).toEqual([[1, 2, 3]])
  })

  it('batchPerTick splits calls that exceed a batch', async () => {
    const { batches, call } = recorded()
    const answers = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map(call))
    expect(answers).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90])
    expect(batches).toEqual([[1, 2, 3, 4], [5, 6, 7, 8], [9]])
  })

  it('no call joins a batch that was already handed over', async () => {
    let answerFirst = () => {}
    const { batches, call } = recorded((item) =>
      item === 1 ? new Promise((resolve) => (answerFirst = () => resolve(10))) : item * 10,
    )
    const first = call(1)
    // The batch with the first is running now and has no result yet.
    await new Promise(setImmediate)
    expect(await call(2)).toBe(20)
    expect(batches).toEqual([[1], [2]])
    answerFirst()
    expect(await first).toBe(10)
  })

  it('a failed batch rejects each of its calls, and no call of another batch', async () => {
    const failure = new Error('down')
    const { call } = recorded((item) => {
      if (item === 2) throw failure
      return item
    })
    const results = await Promise.allSettled([1, 2, 3, 4, 5].map(call))
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'rejected', 'fulfilled'])
    expect(results[0]).toMatchObject({ reason: failure })
  })

  it('batchPerTick rejects if the run throws synchronously, and works again afterwards', async () => {
    let isBroken = true
    const call = batchPerTick<number, number>((items) => {
      if (isBroken) throw new Error('at once')
      return Promise.resolve(items)
    }, 4)
    await expect(call(1)).rejects.toThrow('at once')
    isBroken = false
    expect(await call(2)).toBe(2)
  })
})
