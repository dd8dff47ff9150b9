import { expectThat } from './expectations.ts'

/** A call that takes longer counts as one that hangs. */
export const PATIENCE_MS = 10_000
const PAUSE_MS = 100

/** How a call ended. */
export type Outcome<Result> =
  | { readonly status: 'fulfilled'; readonly value: Result }
  | { readonly status: 'rejected'; readonly reason: unknown }
  | { readonly status: 'pending' }

/** How a call ended within {@link PATIENCE_MS}, or that it did not. */
export async function outcomeOf<Result>(call: Promise<Result>, patienceMs = PATIENCE_MS): Promise<Outcome<Result>> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Outcome<Result>>((resolve) => {
    timer = setTimeout(resolve, patienceMs, { status: 'pending' })
  })
  const [outcome] = await Promise.race([Promise.allSettled([call]), late.then((one) => [one])])
  clearTimeout(timer)
  return outcome ?? { status: 'pending' }
}

/** Throws unless the call settles, in whatever way. */
export async function expectSettled<Result>(what: string, call: Promise<Result>): Promise<Outcome<Result>> {
  const outcome = await outcomeOf(call)
  expectThat(outcome.status !== 'pending', `${what} to settle within ${PATIENCE_MS} ms`, 'no result')
  return outcome
}

/** Repeats a call until it resolves, or throws that it did not within the time. */
export async function untilItWorks<Result>(
  what: string,
  withinMs: number,
  call: () => Promise<Result>,
): Promise<Result> {
  const until = performance.now() + withinMs
  for (;;) {
    const outcome = await outcomeOf(call())
    if (outcome.status === 'fulfilled') return outcome.value
    expectThat(performance.now() < until, `${what} within ${withinMs} ms`, outcome)
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}
