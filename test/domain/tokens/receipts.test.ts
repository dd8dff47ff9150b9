import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { createRandomText } from '../../../src/credentials/random.ts'
import { createFeedReaders, type FeedReaders } from '../../../src/domain/tokens/feed-readers.ts'
import { createReceipts, type Receipt } from '../../../src/domain/tokens/receipts.ts'
import { createCollection } from '../../../src/records/collection.ts'
import { createPages } from '../../../src/records/pages.ts'
import { createRetries } from '../../../src/records/retries.ts'
import { faultyStore } from '../../../src/testing/index.ts'
import { observedStore } from '../../support/observed-store.ts'

const [SECOND, DAY] = [1000, 86_400_000]
const SILENT = 30 * SECOND
/** What the clocks of two machines may differ in speed. */
const drifted = (ms: number) => ms * 1.01

/** A platform whose clocks are moved by hand, with nodes whose clocks are ahead of it. */
function setUp({ maxStalenessMs = 0, areSigned = true, hasFeed = true } = {}) {
  // A lease begins. The store drops what has expired by the real clock.
  const time = { at: Math.ceil(Date.now() / 600_000) * 600_000, steadyAt: 0 }
  const observed = observedStore(memoryStore())
  const store = faultyStore(observed)
  let pauses: { readonly due: number; readonly resolve: (value?: unknown) => void }[] = []
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  const nodeAhead = (aheadMs: number): FeedReaders => {
    const clock = () => time.at + aheadMs
    const collection = createCollection(store, { clock, random: createRandomText(), retries: createRetries(1000) })
    return createFeedReaders({ collection, pages: createPages(store), storeTime: clock })
  }
  const here = nodeAhead(0)
  const receipts = createReceipts({
    maxStalenessMs,
    areSigned,
    readers: hasFeed ? here : undefined,
    compare: async () => {},
    clock: () => time.at,
    storeTime: () => time.at,
    steadyClock: () => time.steadyAt,
    pause: (ms, signal) =>
      new Promise((resolve, reject) => {
        pauses.push({ due: time.steadyAt + ms, resolve })
        signal.onabort = () => reject(signal.reason)
      }),
  })
  return {
    time,
    store,
    observed,
    nodeAhead,
    here,
    close: receipts.close,
    /** A receipt, and whether there is one yet. */
    async wait(options?: Parameters<typeof receipts.receipt>[0]) {
      const waited: { receipt?: Receipt; error?: unknown } = {}
      void receipts.receipt(options).then(
        (receipt) => Object.assign(waited, { receipt }),
        (error) => Object.assign(waited, { error }),
      )
      await settle()
      return waited
    },
    /** Lets the time pass, in steps of at most half a second. */
    async pass(ms: number) {
      const end = time.steadyAt + ms
      while (time.steadyAt < end) {
        const step = Math.min(500, end - time.steadyAt)
        time.at += step
        time.steadyAt += step
        const due = pauses.filter((one) => one.due <= time.steadyAt)
        pauses = pauses.filter((one) => !due.includes(one))
        for (const { resolve } of due) resolve()
        await settle()
      }
    },
  }
}

const reader = (name: string, silentMs = SILENT) => ({ app: `key-of-${name}`, name, silentMs })

describe('receipt', () => {
  it('without caches and signed tokens there is a receipt at once (REV-9)', async () => {
    const { wait, time } = setUp({ areSigned: false, hasFeed: false })
    const at = new Date(time.at)
    expect(await wait()).toEqual({ receipt: { revokedBefore: at, confirmedAt: at } })
  })

  it.each([
    ['what any node may have cached is too old', { maxStalenessMs: 5 * SECOND, hasFeed: true }, 5 * SECOND],
    ['every access token has expired, if there is no feed', { maxStalenessMs: 5 * SECOND, hasFeed: false }, DAY],
  ])('there is a receipt when %s, and not before (REV-9)', async (_, options, ms) => {
    const { wait, pass, time } = setUp(options)
    const waited = await wait()
    const revokedBefore = new Date(time.at)
    await pass(drifted(ms) - 1)
    expect(waited).toEqual({})
    await pass(1)
    expect(waited).toEqual({ receipt: { revokedBefore, confirmedAt: new Date(time.at) } })
  })

  it('there is a receipt when the last reader has confirmed a read after it was asked for, whatever its silentSeconds (REV-9)', async () => {
    const { wait, pass, here, time } = setUp()
    await here.note(reader('one'))
    await here.note(reader('two', DAY))
    const waited = await wait()
    const asked = time.at
    await here.note(reader('one'), asked + 2 * SECOND)
    await here.note(reader('two'), asked + 2 * SECOND - 1)
    await pass(2 * SECOND)
    expect(waited).toEqual({})
    await here.note(reader('two'), asked + 2 * SECOND)
    await pass(SECOND)
    expect(waited).toMatchObject({ receipt: { revokedBefore: new Date(asked) } })
  })

  it('a reader that does not confirm is waited for until it accepts nothing any more (REV-9)', async () => {
    const { wait, pass, here } = setUp()
    await here.note(reader('one'))
    const waited = await wait()
    await pass(drifted(SILENT) - 1)
    expect(waited).toEqual({})
    await pass(1)
    expect(waited).toHaveProperty('receipt')
  })

  it('a read through a node whose clock is ahead does not count before it is certain (REV-9)', async () => {
    const { wait, pass, here, nodeAhead, time } = setUp()
    const ahead = nodeAhead(SECOND)
    await here.note(reader('one'))
    // Read just before, by the clock of a node that is a second ahead of one that is a second behind.
    const readAt = time.at + 2 * SECOND - 1
    const waited = await wait()
    await ahead.note(reader('one'), readAt)
    await pass(2 * SECOND)
    expect(waited).toEqual({})
  })

  it('a reader that began to poll afterwards is not waited for, nor one that has expired (REV-9)', async () => {
    const { wait, pass, here } = setUp()
    await here.note(reader('stopped'))
    await pass(2 * SILENT + 2 * SECOND + 1)
    const waited = await wait()
    expect(waited).toHaveProperty('receipt')
    await here.note(reader('one'))
    const other = await wait()
    await here.note(reader('two'))
    await here.note(reader('one'), Number.MAX_SAFE_INTEGER)
    await pass(SECOND)
    expect(other).toHaveProperty('receipt')
  })

  it('a reader stays known as long as it can accept anything (REV-9)', async () => {
    const { wait, pass, here } = setUp()
    for (let polls = 0; polls < 100; polls++) {
      await here.note(reader('one'))
      await pass(20 * SECOND)
    }
    await pass(SILENT - 21 * SECOND)
    expect(await wait()).toEqual({})
  })

  it('a reader that says a shorter time is held to the longest that it has said (REV-9)', async () => {
    const { wait, pass, here } = setUp()
    await here.note(reader('one', DAY))
    await here.note(reader('one', 2 * SECOND))
    const waited = await wait()
    await pass(60 * SECOND)
    expect(waited).toEqual({})
  })

  it('a poll writes if the reader is new, needs another lease, or is wanted by a receipt, and else not (REV-9)', async () => {
    const { wait, pass, here, time, observed } = setUp()
    const writesOf = async (call: () => Promise<unknown>) => {
      const before = observed.writes()
      await call()
      return observed.writes() - before
    }
    const poll = () => here.note(reader('one'), time.at)
    const kinds = () => observed.written.map(({ kind }) => kind).join('')
    expect(await writesOf(poll)).toBe(1)
    await pass(4 * SECOND)
    expect(await writesOf(poll)).toBe(0)
    await wait()
    await pass(SECOND)
    expect(await writesOf(poll)).toBe(1)
    expect(await writesOf(poll)).toBe(0)
    await pass(SECOND)
    expect(await writesOf(poll)).toBe(1)
    await pass(SECOND)
    expect(await writesOf(poll)).toBe(0)
    await pass(SILENT)
    expect(await writesOf(poll)).toBe(1)
    // No lease is written twice: a list might miss it while it moves.
    expect(kinds()).toBe('fwnnf')
  })

  it('a store that fails meanwhile only makes the wait longer, and one that fails at the start is an error (REV-9, REV-7)', async () => {
    const { wait, pass, here, store, time } = setUp()
    await here.note(reader('one'))
    store.fail('get', 'before')
    expect(await wait()).toMatchObject({ error: expect.any(Error) })
    const waited = await wait()
    await here.note(reader('one'), time.at + 2 * SECOND)
    store.fail('get', 'before')
    await pass(500)
    expect(waited).toEqual({})
    await pass(500)
    expect(waited).toHaveProperty('receipt')
  })

  it('receipts at the same time are all confirmed by the same polls (REV-9)', async () => {
    const { wait, pass, here, time } = setUp()
    await here.note(reader('one'))
    const all = []
    for (let n = 0; n < 20; n++) {
      all.push(await wait())
      await here.note(reader('one'), time.at)
      await pass(500)
    }
    expect(all.slice(0, 14).every(({ receipt }) => receipt)).toBe(true)
    expect(all.slice(-3).some(({ receipt }) => receipt)).toBe(false)
  })

  it('a wait that is ended says who has not confirmed and until when, and that nothing is to be repeated (REV-9)', async () => {
    const { wait, here, time, close } = setUp({ maxStalenessMs: SECOND })
    const stop = new AbortController()
    await here.note(reader('b'))
    await here.note(reader('a', 60 * SECOND))
    const waited = await wait({ signal: stop.signal })
    stop.abort()
    await new Promise((resolve) => setImmediate(resolve))
    const until = new Date(time.at + drifted(60 * SECOND))
    expect(waited).toMatchObject({
      error: {
        code: 'revocation_unconfirmed',
        hint: expect.stringContaining('key-of-a, key-of-b'),
        details: { apps: ['key-of-a', 'key-of-b'], until },
      },
    })
    const other = await wait()
    close()
    await new Promise((resolve) => setImmediate(resolve))
    expect(other).toMatchObject({ error: { code: 'revocation_unconfirmed' } })
  })

  it('a signal that is none is a TypeError (REV-9)', async () => {
    const { wait } = setUp()
    expect(await wait({ signal: 5000 as unknown as AbortSignal })).toMatchObject({
      error: new TypeError('receipt: signal: expected an AbortSignal, received 5000'),
    })
  })
})

describe('createFeedReaders', () => {
  it('more readers than any platform has are refused, before anything is written (REV-9)', async () => {
    const observed = observedStore(memoryStore())
    const clock = Date.now
    const collection = createCollection(observed, { clock, random: createRandomText(), retries: createRetries(1000) })
    const pages = { ...createPages(observed), count: async () => 10_000 }
    const readers = createFeedReaders({ collection, pages, storeTime: clock })
    await expect(readers.note(reader('one'))).rejects.toMatchObject({
      code: 'limit_reached',
      details: { limit: 'feedReaders' },
    })
    expect(observed.writes()).toBe(0)
  })
})
