import { AppGrantError } from '../base/errors.ts'

/** Every failed attempt means that another writer succeeded, so this many concurrent writers of one record all succeed. */
const MAX_TRIES = 100
/** How many times longer than one call an operation may go on with new attempts. */
const MAX_CALLS = 5

/** Starts to count the attempts of an operation. The function it returns says, after each attempt, whether another may follow. */
export type Retries = () => () => boolean

/** Bounds the attempts of an operation by their number, and by the time since the first: a slow store has few of them. */
export function createRetries(timeoutMs: number): Retries {
  return () => {
    const endsAt = performance.now() + MAX_CALLS * timeoutMs
    let tries = 0
    return () => ++tries < MAX_TRIES && performance.now() < endsAt
  }
}

/** The error for an operation that other writers have overtaken too often. */
export function conflict(hint: string): AppGrantError<'conflict'> {
  return new AppGrantError('conflict', { message: 'too many concurrent changes of the same record', hint })
}
