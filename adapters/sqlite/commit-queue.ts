import { notApplied } from '../../src/store.ts'
import type { Driver } from './driver.ts'
import { resultCode, withHint } from './failure.ts'

/** How long a call waits for a lock that another process holds: less than core's default deadline. */
export const MAX_LOCK_WAIT_MS = 700
// How long to wait before a lock is tried again: randomized, so that two processes do not stay in step.
const RETRY_MS = { min: 1, spread: 4 }
// SQLite has no queue for a lock. A process that found it taken within this time pauses after each commit for as long
// as it held the lock, and at least for RETRY_MS.least. Otherwise a busy writer would release the lock only for moments
// that the other process misses.
const BACKOFF_WINDOW_MS = 5000
const MAX_WRITES_PER_COMMIT = 256

/** A write in the queue. */
interface Write {
  readonly durable: boolean
  readonly steps: () => unknown
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
  readonly waitsUntil: number
  /** Set when a transaction that it shared failed. It then gets a transaction of its own. */
  alone: boolean
}

/** The queue of writes to the file. */
export interface CommitQueue {
  /** Runs the steps in a transaction and resolves to their result when it is committed. */
  commit<Result>(durable: boolean, steps: () => Result): Promise<Result>
  /** Resolves when the queue is empty. */
  drained(): Promise<void>
}

/**
 * Commits the writes of one event loop tick in one transaction, with one fsync if any of them is durable. If a write
 * fails, only that write is undone. A lock that another process holds is waited for on a timer, never by blocking.
 *
 * @param options.file - its name in a hint.
 * @param options.check - throws if the file is no longer in its place: before a transaction nothing is written, and after
 * it nothing is acknowledged.
 * @param options.inEach - runs in every transaction after its `writes` writes.
 */
export function commitQueue(
  driver: Driver,
  {
    file,
    check,
    inEach,
  }: { readonly file: string; readonly check: () => void; readonly inEach: (writes: number) => void },
): CommitQueue {
  const begin = driver.statement('BEGIN IMMEDIATE')
  const end = driver.statement('COMMIT')
  let waiting: Write[] = []
  let level: 'FULL' | 'NORMAL' | undefined
  let whenDrained: (() => void)[] = []
  let metAnotherAt = Number.NEGATIVE_INFINITY
  let leftAloneUntil = 0

  const refuse = (writes: readonly Write[], error: unknown) => {
    for (const write of writes) write.reject(notApplied(withHint(error, file)))
  }
  const flush = () => {
    const began = performance.now()
    const batch = waiting[0]?.alone ? waiting.slice(0, 1) : upToAlone(waiting)
    try {
      check()
      start(batch.some((write) => write.durable))
    } catch (error) {
      if (resultCode(error) === 'BUSY') return waitForLock(error)
      waiting = waiting.slice(batch.length)
      refuse(batch, error)
      return proceed()
    }
    waiting = waiting.slice(batch.length)
    finish(batch)
    const ended = performance.now()
    leftAloneUntil = ended + Math.max(RETRY_MS.min, ended - began)
    proceed()
  }
  const schedule = () => {
    const now = performance.now()
    const pause = now - metAnotherAt < BACKOFF_WINDOW_MS ? leftAloneUntil - now : 0
    if (pause > 0) setTimeout(flush, pause)
    else setImmediate(flush)
  }
  const proceed = () => {
    if (waiting.length > 0) return schedule()
    for (const drained of whenDrained) drained()
    whenDrained = []
  }
  const waitForLock = (error: unknown) => {
    const now = performance.now()
    metAnotherAt = now
    refuse(
      waiting.filter((write) => write.waitsUntil <= now),
      error,
    )
    waiting = waiting.filter((write) => write.waitsUntil > now)
    if (waiting.length === 0) return proceed()
    setTimeout(flush, retryMs())
  }
  const start = (durable: boolean) => {
    const needed = durable ? 'FULL' : 'NORMAL'
    if (level !== needed) driver.exec(`PRAGMA synchronous = ${needed}`)
    level = needed
    begin()
  }
  const finish = (batch: readonly Write[]) => {
    let results: unknown[]
    try {
      results = batch.map((write) => write.steps())
      inEach(batch.length)
    } catch (error) {
      undo()
      if (batch.length === 1) return refuse(batch, error)
      for (const write of batch) write.alone = true
      waiting = [...batch, ...waiting]
      return
    }
    try {
      end()
    } catch (error) {
      undo()
      // A commit that found no space or no lock has not written its last frame. After any other error, such as a failed
      // fsync, the frames may be in the log, where a process that opens the file after a crash finds them.
      if (resultCode(error) === 'FULL' || resultCode(error) === 'BUSY') return refuse(batch, error)
      for (const write of batch) write.reject(error)
      return
    }
    try {
      check()
    } catch (error) {
      for (const write of batch) write.reject(error)
      return
    }
    batch.forEach((write, index) => {
      write.resolve(results[index])
    })
  }
  const undo = () => {
    try {
      driver.exec('ROLLBACK')
    } catch {
      // SQLite has already rolled back, as it does when the disk is full.
    }
  }

  return {
    commit: <Result>(durable: boolean, steps: () => Result) =>
      new Promise<Result>((resolve, reject) => {
        const waitsUntil = performance.now() + MAX_LOCK_WAIT_MS
        const resolveUnknown = resolve as (result: unknown) => void
        if (waiting.push({ durable, steps, resolve: resolveUnknown, reject, waitsUntil, alone: false }) === 1)
          schedule()
      }),
    drained: () =>
      new Promise((resolve) => {
        if (waiting.length === 0) resolve()
        else whenDrained.push(resolve)
      }),
  }
}

function upToAlone(waiting: readonly Write[]): readonly Write[] {
  const first = waiting.slice(0, MAX_WRITES_PER_COMMIT)
  const alone = first.findIndex((write) => write.alone)
  return alone === -1 ? first : first.slice(0, alone)
}

/**
 * Tries again while another process holds the lock that `attempt` needs. Even a read needs one to recover from a crash.
 */
export async function retryWhileLocked<Result>(attempt: () => Result): Promise<Result> {
  const until = performance.now() + MAX_LOCK_WAIT_MS
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (resultCode(error) !== 'BUSY' || performance.now() >= until) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, retryMs()))
  }
}

const retryMs = () => RETRY_MS.min + Math.random() * RETRY_MS.spread
