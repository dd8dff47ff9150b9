import { describe, expect, it } from 'vitest'
import { createFeedReader, type FeedPart, type FeedReaderOptions } from '../../src/resource/feed-reader.ts'
import { codeOf, refusalOf } from '../support/code-of.ts'

const INTERVAL = 2000
const SILENT = 30_000
const DAY = 86_400_000

const part = (changed: Partial<FeedPart> = {}): FeedPart => ({
  cursor: 'c',
  complete: true,
  revoked: [],
  restored: [],
  ...changed,
})

/** A reader whose clocks and timers are moved by hand. */
function setUp(options: Partial<FeedReaderOptions> = {}) {
  const state = { at: 1_700_000_000_000, steadyAt: 0, parts: [] as (FeedPart | Error)[], cursors: [] as unknown[] }
  let due: { readonly callback: () => void; readonly at: number } | undefined
  const reader = createFeedReader({
    async fetchPart(cursor) {
      state.cursors.push(cursor)
      const next = state.parts.shift() ?? part()
      if (next instanceof Error) throw next
      return next
    },
    intervalMs: INTERVAL,
    silentMs: SILENT,
    usableMs: SILENT,
    clock: () => state.at,
    steadyClock: () => state.steadyAt,
    schedule(callback, ms) {
      due = { callback, at: state.steadyAt + ms }
      return () => {
        due = undefined
      }
    },
    ...options,
  })
  return {
    state,
    reader,
    isDue: () => due !== undefined,
    /** Runs the timer, and what it started. */
    async pass(ms: number) {
      state.at += ms
      state.steadyAt += ms
      if (!due || due.at > state.steadyAt) return
      const { callback } = due
      due = undefined
      callback()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

describe('createFeedReader', () => {
  it('the first call waits for the whole feed, in all its parts (REV-8)', async () => {
    const { reader, state } = setUp()
    state.parts.push(part({ cursor: 'a', complete: false, revoked: ['x'] }), part({ cursor: 'b', revoked: ['y'] }))
    expect(await reader.isRevoked(['o', 'y'])).toBe(true)
    expect(await reader.isRevoked(['x'])).toBe(true)
    expect(await reader.isRevoked(['o'])).toBe(false)
    expect(state.cursors).toEqual([undefined, 'a'])
  })

  it('calls at the same time share a poll, and nothing is fetched before the first call (REV-8)', async () => {
    const { reader, state, isDue } = setUp()
    expect([state.cursors, isDue()]).toEqual([[], false])
    await Promise.all([reader.isRevoked([]), reader.isRevoked([]), reader.isRevoked([])])
    expect([state.cursors, isDue()]).toEqual([[undefined], true])
  })

  it('it polls from its cursor on, and what is restored is accepted again (REV-8)', async () => {
    const { reader, state, pass } = setUp()
    await reader.isRevoked([])
    state.parts.push(part({ cursor: 'd', revoked: ['x'] }))
    await pass(1.3 * INTERVAL)
    expect(await reader.isRevoked(['x'])).toBe(true)
    state.parts.push(part({ cursor: 'e', restored: ['x'] }))
    await pass(1.3 * INTERVAL)
    expect(await reader.isRevoked(['x'])).toBe(false)
    expect(state.cursors).toEqual([undefined, 'c', 'd'])
  })

  it('while the feed is silent nothing is accepted, and it is read from the beginning afterwards (REV-8)', async () => {
    const { reader, state, pass } = setUp()
    await reader.isRevoked([])
    const down = new Error('the platform is down')
    for (let n = 0; n < 20; n++) {
      state.parts = [down]
      await pass(1.3 * INTERVAL)
    }
    state.parts = [down]
    expect(await refusalOf(reader.isRevoked(['o']))).toMatchObject({ code: 'issuer_unavailable', cause: down })
    state.parts = [part({ revoked: ['x'] })]
    state.cursors = []
    await pass(1.3 * INTERVAL)
    expect(await reader.isRevoked(['x'])).toBe(true)
    expect(state.cursors).toEqual([undefined])
  })

  it('a failed poll within the time for silence does not matter, and the next one begins where it did (REV-8)', async () => {
    const { reader, state, pass } = setUp()
    await reader.isRevoked([])
    state.parts = [part({ cursor: 'half', complete: false }), new Error('cut short')]
    await pass(1.3 * INTERVAL)
    expect(await reader.isRevoked(['o'])).toBe(false)
    await pass(1.3 * INTERVAL)
    expect(state.cursors).toEqual([undefined, 'c', 'half', 'c'])
  })

  it.each([
    ['the process was stopped', SILENT, SILENT],
    ['its clock was set forward', SILENT, 0],
    ['its clock stood still', 0, SILENT],
    ['its clock was set back', -1, 0],
  ])('a feed that was read before %s is not taken for the current one (REV-8)', async (_, wall, steady) => {
    const { reader, state } = setUp()
    await reader.isRevoked([])
    state.at += wall
    state.steadyAt += steady
    state.parts = [new Error('not reached')]
    expect(await codeOf(reader.isRevoked(['o']))).toBe('issuer_unavailable')
  })

  it('the time of a part is that of its request, not of its arrival (REV-8)', async () => {
    let arrive = () => {}
    const { reader, state } = setUp({
      fetchPart: () =>
        new Promise((resolve) => {
          arrive = () => resolve(part())
        }),
    })
    const first = reader.isRevoked(['o'])
    await new Promise((resolve) => setImmediate(resolve))
    state.at += SILENT
    state.steadyAt += SILENT
    arrive()
    expect(await codeOf(first)).toBe('issuer_unavailable')
  })

  it("with whenSilent 'accept' a token is accepted while the feed is silent, unless it is known to be revoked (REV-8)", async () => {
    const { reader, state, pass } = setUp({ usableMs: DAY })
    state.parts = [part({ revoked: ['x'] })]
    await reader.isRevoked([])
    state.parts = Array.from({ length: 30 }, () => new Error('the platform is down'))
    await pass(2 * SILENT)
    expect([await reader.isRevoked(['o']), await reader.isRevoked(['x'])]).toEqual([false, true])
  })

  it("with whenSilent 'accept' nothing is accepted before the feed was read once, nor a day after it was (REV-8, REV-9)", async () => {
    const { reader, state, pass } = setUp({ usableMs: DAY })
    const down = () => Array.from({ length: 30 }, () => new Error('the platform is down'))
    state.parts = down()
    expect(await codeOf(reader.isRevoked(['o']))).toBe('issuer_unavailable')
    state.parts = []
    await pass(1.3 * INTERVAL)
    expect(await reader.isRevoked(['o'])).toBe(false)
    state.parts = down()
    await pass(DAY - 1)
    expect(await reader.isRevoked(['o'])).toBe(false)
    await pass(1)
    expect(await codeOf(reader.isRevoked(['o']))).toBe('issuer_unavailable')
  })

  it('calls during an outage do not add polls (REV-8)', async () => {
    const { reader, state } = setUp()
    state.parts = Array.from({ length: 30 }, () => new Error('the platform is down'))
    for (let n = 0; n < 20; n++) expect(await codeOf(reader.isRevoked(['o']))).toBe('issuer_unavailable')
    expect(state.cursors).toHaveLength(1)
  })

  it('what was revoked is forgotten when no token can depend on it any more, and not before (REV-8)', async () => {
    const { reader, state, pass } = setUp()
    state.parts = [part({ revoked: ['x'] })]
    await reader.isRevoked([])
    await pass(DAY)
    expect(await reader.isRevoked(['x'])).toBe(true)
    await pass(DAY / 24)
    expect(await reader.isRevoked(['x'])).toBe(false)
  })

  it('more revocations than it can hold are an outage, and none is forgotten (REV-8, ERR-7)', async () => {
    const { reader, state } = setUp()
    const names = Array.from({ length: 500_001 }, (_, n) => `n${n}`)
    state.parts = [part({ revoked: names })]
    expect(await codeOf(reader.isRevoked(['n0']))).toBe('issuer_unavailable')
  })

  it('a feed that never ends is an outage (REV-8)', async () => {
    const { reader } = setUp({ fetchPart: async () => part({ complete: false }) })
    expect(await codeOf(reader.isRevoked(['o']))).toBe('issuer_unavailable')
  })

  it('close stops polling, also during a poll (REV-8)', async () => {
    const one = setUp()
    await one.reader.isRevoked([])
    one.reader.close()
    expect(one.isDue()).toBe(false)
    const other = setUp()
    const first = other.reader.isRevoked([])
    other.reader.close()
    await first
    expect(other.isDue()).toBe(false)
  })
})
