import { createBoundedMap } from '../../base/bounded-map.ts'
import { isAppGrantError } from '../../base/errors.ts'
import { ownText } from '../../base/own-text.ts'
import type { OpenSession } from '../../records/session.ts'

const MAX_BYTES = 1024 * 1024
const ENTRY_BYTES = 300
/** Longer than an outage that clients retry through. */
const MAX_AGE_MS = 3_600_000

/** A step of a session, as it is stored. Each attempt has a salt of its own. */
type Step = Pick<OpenSession, 'id' | 'salt'>

/** When a step was confirmed: by the process's clock, and by one that never jumps. */
interface Confirmed {
  readonly at: number
  readonly atSteady: number
}

/** The steps whose writes the store has not confirmed to this process. */
export interface UnconfirmedSteps {
  /** Writes a step. If the store does not confirm it, the step is remembered. */
  write(step: Step, write: () => Promise<boolean>): Promise<boolean>
  /** Whether the step is remembered, and was not confirmed, or was confirmed less than `graceMs` ago. */
  isRepeatable(step: Step, graceMs: number): boolean
}

/**
 * A client that got `outcome_unknown` has no new tokens, so its repeat must not count as reuse, however long the outage was. Only
 * the process that failed to confirm the step knows.
 */
export function createUnconfirmedSteps({
  clock,
  steadyClock,
}: {
  readonly clock: () => number
  readonly steadyClock: () => number
}): UnconfirmedSteps {
  const steps = createBoundedMap<{ readonly salt: string; readonly confirmed?: Confirmed }>({
    maxBytes: MAX_BYTES,
    age: { maxMs: MAX_AGE_MS, clock: steadyClock },
  })
  const find = ({ id, salt }: Step) => {
    const known = steps.get(id)
    return known?.salt === salt ? known : undefined
  }
  const remember = ({ id, salt }: Step, more: { readonly confirmed?: Confirmed }) =>
    steps.set(ownText(id), { salt, ...more }, { bytes: ENTRY_BYTES })

  return {
    async write(step, write) {
      try {
        const isDone = await write()
        if (isDone && find(step)) remember(step, { confirmed: { at: clock(), atSteady: steadyClock() } })
        return isDone
      } catch (error) {
        // A step that was confirmed stays so: another caller may have its response.
        const wasConfirmed = find(step)?.confirmed !== undefined
        if (!wasConfirmed && isAppGrantError(error, 'outcome_unknown')) remember(step, {})
        throw error
      }
    },
    isRepeatable(step, graceMs) {
      const known = find(step)
      if (!known?.confirmed) return known !== undefined
      const { at, atSteady } = known.confirmed
      // A clock that is set back must not begin the grace period again.
      return Math.max(clock() - at, steadyClock() - atSteady) < graceMs
    },
  }
}
