import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createLoad } from '../../src/base/load.ts'
import { refusalOf } from '../support/code-of.ts'

const ALWAYS = 300
const MOST = 10_000
const SLOW_MS = 100

/** A load, the times of its event loop, and what was reported. */
function fixture() {
  const loop = { idle: 0, total: 0 }
  const reports: number[] = []
  const load = createLoad({
    timeoutMs: 4 * SLOW_MS,
    refused: (count) => reports.push(count),
    loopTimes: () => ({ ...loop }),
  })
  return {
    load,
    reports,
    /** Lets time pass, in which the event loop was idle for a share. */
    pass(ms: number, idleShare: number) {
      loop.total += ms
      loop.idle += ms * idleShare
    },
    enter(count: number) {
      for (let at = 0; at < count; at++) load.enter()
    },
    leave(count: number) {
      for (let at = 0; at < count; at++) load.leave()
    },
    /** Calls of the store that took so long. */
    call(count: number, ms: number) {
      for (let at = 0; at < count; at++) {
        load.beginCall()
        load.endCall(performance.now() - ms)
      }
    },
    async isRefused() {
      const refusal = load.refusal()
      return refusal !== undefined && (await refusalOf(refusal)).code === 'store_unavailable'
    },
  }
}

describe('the load', () => {
  it('a burst is served up to 10,000 requests if the store and the process are quick (ERR-10)', async () => {
    const { enter, isRefused, leave } = fixture()
    enter(MOST - 1)
    expect(await isRefused()).toBe(false)
    enter(1)
    expect(await isRefused()).toBe(true)
    leave(MOST)
    expect(await isRefused()).toBe(false)
  })

  it('a store whose calls are all slow leaves 300 requests in progress, and one quick call ends that (ERR-10)', async () => {
    const { enter, call, pass, isRefused, leave } = fixture()
    enter(ALWAYS)
    call(99, SLOW_MS + 1)
    expect(await isRefused()).toBe(false)
    call(1, SLOW_MS + 1)
    expect(await isRefused()).toBe(true)
    leave(1)
    expect(await isRefused()).toBe(false)
    enter(1)
    pass(60, 1)
    expect(await isRefused()).toBe(true)
    call(1, 1)
    pass(60, 1)
    expect(await isRefused()).toBe(false)
  })

  it('one slow server among quick ones refuses nothing (ERR-10)', async () => {
    const { enter, call, isRefused } = fixture()
    enter(ALWAYS)
    for (let round = 0; round < 50; round++) {
      call(50, 1000)
      call(1, 1)
    }
    expect(await isRefused()).toBe(false)
  })

  it('a slow store with few requests is no overload, even when a burst comes next (ERR-10)', async () => {
    const { enter, call, isRefused } = fixture()
    enter(ALWAYS - 1)
    call(200, 1000)
    enter(100)
    expect(await isRefused()).toBe(false)
  })

  it('a process that was behind stays so while its event loop has no idle time, and no longer (ERR-10)', async () => {
    const { enter, leave, pass, isRefused } = fixture()
    enter(MOST)
    expect(await isRefused()).toBe(true)
    leave(MOST - ALWAYS)
    pass(60, 0)
    expect(await isRefused()).toBe(true)
    pass(40, 1)
    expect(await isRefused()).toBe(true)
    pass(60, 0.04)
    expect(await isRefused()).toBe(false)
  })

  it('a held request counts until it settles, whichever way (ERR-10)', async () => {
    const { load, isRefused } = fixture()
    let settle = { resolve: () => {}, reject: (_: Error) => {} }
    const held = Array.from({ length: MOST }, (_, at) =>
      load.hold(
        new Promise<void>((resolve, reject) => {
          if (at < 2) settle = at === 0 ? { ...settle, resolve } : { ...settle, reject }
        }),
      ),
    )
    expect(await isRefused()).toBe(true)
    settle.resolve()
    await held[0]
    settle.reject(new Error('of the request'))
    await expect(held[1]).rejects.toThrow('of the request')
    load.enter()
    load.leave()
    expect(load.beginCall()).toBeUndefined()
  })

  it('calls of the store are bounded above the requests, so that operations which are not limited find room (ERR-10)', async () => {
    const { load } = fixture()
    for (let at = 0; at < 12_000; at++) expect(load.beginCall()).toBeUndefined()
    expect(await refusalOf(load.beginCall() as Promise<unknown>)).toMatchObject({ code: 'store_unavailable' })
    load.endCall(performance.now())
    expect(load.beginCall()).toBeUndefined()
  })

  describe('a refusal', () => {
    beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout'] }))
    afterEach(() => void vi.useRealTimers())

    it('is an error without a stack that says what to do, and leaves the limit of stacks as it was (ERR-10)', async () => {
      const { load, enter } = fixture()
      const before = Error.stackTraceLimit
      enter(MOST)
      const error = await refusalOf(load.refusal() as Promise<unknown>)
      expect(error).toMatchObject({ code: 'store_unavailable', details: {} })
      expect(error.hint).toContain('overload')
      expect(error.stack).not.toContain(' at ')
      expect(inspect(error)).toContain('store_unavailable')
      expect(Error.stackTraceLimit).toBe(before)
      expect(new Error('with a stack').stack).toContain(' at ')
    })

    it('is reported with its number once a second, and not while nothing is refused (ERR-10)', async () => {
      const { load, enter, reports } = fixture()
      enter(MOST)
      for (let at = 0; at < 5; at++) await refusalOf(load.refusal() as Promise<unknown>)
      expect(reports).toEqual([])
      vi.advanceTimersByTime(1000)
      expect(reports).toEqual([5])
      vi.advanceTimersByTime(5000)
      await refusalOf(load.refusal() as Promise<unknown>)
      vi.advanceTimersByTime(1000)
      expect(reports).toEqual([5, 1])
    })
  })
})
