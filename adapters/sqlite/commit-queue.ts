import { notApplied } from '../../src/store/store.ts'
import type { Driver } from './driver.ts'
import { explained, resultCode } from './failure.ts'

/** How long a call waits for a lock that another process holds: below the deadline that core sets by default. */
export const MOST_LOCK_WAIT_MS = 700
// How long to wait before a lock is tried again: spread, so that two processes do not keep in step.
const RETRY_MS = { least: 1, spread: 4 }
// SQLite keeps no queue for a lock. A process that met another one within this time leaves the lock alone after each commit for as
// long as it had it, and at least for RETRY_MS.least: otherwise a busy writer lets go of it for moments that the other one misses.
const POLITE_FOR_MS = 5000
const MOST_WRITES_PER_COMMIT = 256

/** One write of a turn. */
interface Write {
  readonly durable: boolean
  readonly steps: () => unknown
  readonly resolve: (answer: unknown) => void
  readonly reject: (error: unknown) => void
  readonly waitsUntil: number
  /** Set when a turn that shared its transaction failed: then each of it goes by itself. */
  alone: boolean
}

/** Writes on their way to the file. */
export interface CommitQueue {
  /** Does the steps in a transaction and answers when it is committed. */
  commit<Answer>(durable: boolean, steps: () => Answer): Promise<Answer>
  /** Resolves when nothing is waiting. */
  drained(): Promise<void>
}

/**
 * Lets the writes of one turn of the event loop share one transaction and, where one of them is durable, one fsync. A write
 * that fails is undone alone. A lock that another process holds is waited for on a timer, never by blocking.
 *
 * @param inEach - what every transaction does besides its `writes` writes.
 */
export function commitQueue(driver: Driver, file: string, inEach: (writes: number) => void): CommitQueue {
  const begin = driver.command('BEGIN IMMEDIATE')
  const end = driver.command('COMMIT')
  let waiting: Write[] = []
  let level: 'FULL' | 'NORMAL' | undefined
  let whenDrained: (() => void)[] = []
  let metAnotherAt = Number.NEGATIVE_INFINITY
  let leftAloneUntil = 0

  const refuse = (writes: readonly Write[], error: unknown) => {
    for (const write of writes) write.reject(notApplied(explained(error, file)))
  }
  const flush = () => {
    const began = performance.now()
    const batch = waiting[0]?.alone ? waiting.slice(0, 1) : upToAlone(waiting)
    try {
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
    leftAloneUntil = ended + Math.max(RETRY_MS.least, ended - began)
    proceed()
  }
  const schedule = () => {
    const now = performance.now()
    const pause = now - metAnotherAt < POLITE_FOR_MS ? leftAloneUntil - now : 0
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
    let answers: unknown[]
    try {
      answers = batch.map((write) => write.steps())
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
      // A commit that found no room or no lock has not written its last frame. After any other error, a failed fsync
      // above all, the frames may stand in the log, and whoever opens the file after a crash finds them.
      if (resultCode(error) === 'FULL' || resultCode(error) === 'BUSY') return refuse(batch, error)
      for (const write of batch) write.reject(error)
      return
    }
    batch.forEach((write, index) => {
      write.resolve(answers[index])
    })
  }
  const undo = () => {
    try {
      driver.exec('ROLLBACK')
    } catch {
      // SQLite rolled back by itself, as it does when the disk is full.
    }
  }

  return {
    commit: <Answer>(durable: boolean, steps: () => Answer) =>
      new Promise<Answer>((resolve, reject) => {
        const waitsUntil = performance.now() + MOST_LOCK_WAIT_MS
        const answered = resolve as (answer: unknown) => void
        if (waiting.push({ durable, steps, resolve: answered, reject, waitsUntil, alone: false }) === 1) schedule()
      }),
    drained: () =>
      new Promise((resolve) => {
        if (waiting.length === 0) resolve()
        else whenDrained.push(resolve)
      }),
  }
}

function upToAlone(waiting: readonly Write[]): readonly Write[] {
  const most = waiting.slice(0, MOST_WRITES_PER_COMMIT)
  const alone = most.findIndex((write) => write.alone)
  return alone === -1 ? most : most.slice(0, alone)
}

/** Tries again while another process holds the lock that `attempt` needs, as a read does after a crash of that process. */
export async function pastLock<Answer>(attempt: () => Answer): Promise<Answer> {
  const until = performance.now() + MOST_LOCK_WAIT_MS
  for (;;) {
    try {
      return attempt()
    } catch (error) {
      if (resultCode(error) !== 'BUSY' || performance.now() >= until) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, retryMs()))
  }
}

const retryMs = () => RETRY_MS.least + Math.random() * RETRY_MS.spread
