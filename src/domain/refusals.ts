import { type AppGrantError, isAppGrantError } from '../base/errors.ts'
import type { Actor, Emitter, Refusal, RefusalFacts } from '../base/events.ts'
import { REFUSAL_REASONS, type RefusalCode, type RefusalReason } from '../base/refusal-reasons.ts'

/** What is known of a request. It is completed while the request is read. */
export type Known = { -readonly [Fact in keyof RefusalFacts]: RefusalFacts[Fact] }

/** Reports refused requests as events `refused` (ERR-9). */
export interface Refusals {
  /** Runs `call`. If it rejects with a refusal, emits the event with what is known by then, and rejects all the same. */
  watch<T>(by: Actor, known: Known, call: () => Promise<T>): Promise<T>
  /** Emits the event for a refusal that its caller does not see as an error. Does nothing if `code` is not a refusal. */
  report(by: Actor, known: Known, code: string, reason?: RefusalReason): void
}

interface Cause {
  readonly reason?: RefusalReason
  readonly app?: string
}

// The reason is for the host only, so it is kept beside the error, which a client may see.
const causes = new WeakMap<AppGrantError, Cause>()

/** Records why an error was thrown, if its code has several reasons. @returns the error. */
export function because<C extends RefusalCode>(error: AppGrantError<C>, reason: RefusalReason<C>): AppGrantError<C> {
  causes.set(error as AppGrantError, { ...causes.get(error as AppGrantError), reason })
  return error
}

/** Records which app an error is about. */
export function concerning(error: unknown, app: string): void {
  if (isAppGrantError(error)) causes.set(error, { ...causes.get(error), app })
}

export function createRefusals(events: Emitter): Refusals {
  const refusals: Refusals = {
    async watch(by, known, call) {
      try {
        return await call()
      } catch (error) {
        if (isAppGrantError(error)) {
          const { reason, app } = causes.get(error) ?? {}
          refusals.report(by, app === undefined ? known : { ...known, app }, error.code, reason)
        }
        throw error
      }
    },
    report(by, known, code, given) {
      const reasons: readonly RefusalReason[] = code in REFUSAL_REASONS ? REFUSAL_REASONS[code as RefusalCode] : []
      // Without a reason nobody is to blame: an outage, malformed input, or something that does not exist.
      const reason = given ?? reasons.find((one) => one === code || reasons.length === 1)
      if (reason === undefined) return
      // `because` has paired code and reason.
      events.emit('refused', by, { code, reason, ...known } as Refusal)
    },
  }
  return refusals
}

/** The same methods, whose refusals are reported. */
export function reportingAll<Api extends object>(api: Api, refusals: Refusals, by: Actor, known: Known): Api {
  type Method = (...args: never[]) => Promise<unknown>
  const watched = Object.entries(api).map(([name, run]: [string, Method]) => {
    const method: Method = (one, two, three) => refusals.watch(by, known, () => run(one, two, three))
    return [name, method]
  })
  return Object.fromEntries(watched)
}
