import { performance as nodePerformance } from 'node:perf_hooks'
import { AppGrantError } from './errors.ts'

/** How many requests may be in progress while the process or the store is behind: several times what keeps both busy. */
const MAX_WHEN_BEHIND = 300
/** How many requests may be in progress at any time: a burst that takes some 40 MB. */
const MAX_REQUESTS = 10_000
/** How many calls may wait for the store. Operations that are never refused as requests have the difference to themselves. */
const MAX_CALLS = MAX_REQUESTS + 2000
/** One slow call may be the fault of one server or record. */
const SLOW_IN_A_ROW = 100
/** The share of its time after which a call is slow. */
const SLOW_SHARE = 0.25
const WINDOW_MS = 50
/** An event loop that is idle for less of the time has more work than it can do. */
const LEAST_IDLE_SHARE = 0.05
const REPORT_MS = 1000

/**
 * What this process has in progress. If more requests arrive than can be served, a queue makes all of them too late, so the excess
 * is refused at once, before any work is done for it.
 */
export interface Load {
  /**
   * Undefined if a request may begin, which must then be counted. Otherwise its result: a promise that rejects with
   * `store_unavailable`.
   */
  refusal(): Promise<never> | undefined
  /** Counts a request until {@link Load.leave}. */
  enter(): void
  leave(): void
  /** Counts a request until the promise settles. @returns the promise. */
  hold<Result>(request: Promise<Result>): Promise<Result>
  /** Counts a call of the store until {@link Load.endCall}. Otherwise its result, as for a request. */
  beginCall(): Promise<never> | undefined
  /** @param startedAt - when the call began, by `performance.now()`. */
  endCall(startedAt: number): void
}

/** How a load is measured. */
export interface LoadOptions {
  /** How long a call of the store may take, in ms. */
  readonly timeoutMs: number
  /** Is called once a second while requests are refused, with their number. */
  readonly refused: (count: number) => void
  /** Returns for how long the event loop has been idle, and has existed, in ms. Default is to ask Node. */
  readonly loopTimes?: () => { readonly idle: number; readonly total: number }
}

export function createLoad({ timeoutMs, refused, loopTimes = loopTimesOfProcess }: LoadOptions): Load {
  let requests = 0
  let calls = 0
  let slowInARow = 0
  let unreported = 0
  /** The loop's times when a window began in which the process was found to be behind. */
  let behindSince: ReturnType<typeof loopTimes> | undefined

  const leave = () => {
    requests--
  }
  /** It has caught up once calls are quick again and the event loop has had idle time. */
  const isBehind = () => {
    if (!behindSince) return false
    const now = loopTimes()
    const passed = now.total - behindSince.total
    if (passed < WINDOW_MS) return true
    const hasTime = now.idle - behindSince.idle >= passed * LEAST_IDLE_SHARE
    behindSince = hasTime && slowInARow === 0 ? undefined : now
    return behindSince !== undefined
  }
  const refuse = () => {
    if (unreported++ === 0) setTimeout(report, REPORT_MS).unref()
    const error = withoutStack()
    // A promise that is rejected before anybody waits for it costs several times as much.
    return new Promise<never>((_, reject) => queueMicrotask(() => reject(error)))
  }
  const report = () => {
    const count = unreported
    unreported = 0
    refused(count)
  }

  return {
    refusal() {
      if (requests < MAX_WHEN_BEHIND) return undefined
      if (requests >= MAX_REQUESTS) behindSince ??= loopTimes()
      return isBehind() ? refuse() : undefined
    },
    enter() {
      requests++
    },
    leave,
    hold(request) {
      requests++
      request.then(leave, leave)
      return request
    },
    beginCall() {
      if (calls >= MAX_CALLS) return refuse()
      calls++
      return undefined
    },
    endCall(startedAt) {
      calls--
      // Few requests at a time are no overload, however slow the store is.
      const isSlow = requests >= MAX_WHEN_BEHIND && performance.now() - startedAt > timeoutMs * SLOW_SHARE
      slowInARow = isSlow ? slowInARow + 1 : 0
      if (slowInARow >= SLOW_IN_A_ROW) behindSince ??= loopTimes()
    },
  }
}

/** The same methods, of which those named are refused under overload. */
export function refusingUnderLoad<Api extends object>(api: Api, names: readonly (keyof Api)[], load: Load): Api {
  type Method = (one: unknown, two: unknown) => Promise<unknown>
  const limited = names.map((name) => {
    const run = api[name] as Method
    const method: Method = (one, two) => load.refusal() ?? load.hold(run(one, two))
    return [name, method]
  })
  return { ...api, ...Object.fromEntries(limited) }
}

function loopTimesOfProcess() {
  const { idle, active } = nodePerformance.eventLoopUtilization()
  return { idle, total: idle + active }
}

/** To capture a stack takes longer than to serve the request. */
function withoutStack(): AppGrantError {
  const { stackTraceLimit } = Error
  // Does nothing if a host has frozen `Error`.
  Reflect.set(Error, 'stackTraceLimit', 0)
  try {
    return new AppGrantError('store_unavailable', {
      message: 'the service is temporarily unavailable',
      hint: 'Too many requests were in progress, so nothing was done for this one. Retry later, and see the event `overload`.',
    })
  } finally {
    Reflect.set(Error, 'stackTraceLimit', stackTraceLimit)
  }
}
