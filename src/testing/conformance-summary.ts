import { invalidOption } from '../base/errors.ts'
import { type ConformanceResult, RACE_ROUNDS } from './conformance-case.ts'

/**
 * What a run of the conformance kit tried, to be printed at its end: the number of rounds of each race, the number of stores that a
 * case had open, and the cases that were not tried, by what they need.
 *
 * @param results - what the cases resolved to. A case that failed has none.
 * @throws TypeError if they are not an array.
 */
export function conformanceSummary(results: readonly ConformanceResult[]): string {
  if (!Array.isArray(results))
    throw invalidOption('conformanceSummary', 'results', 'an array of what the cases resolved to', results)
  const races = results.filter(({ rounds }) => rounds > 0)
  const most = Math.max(0, ...results.map(({ stores }) => stores))
  const skipped = results.filter(({ notTried }) => notTried !== undefined)
  const reasons = [...new Set(skipped.map(({ notTried }) => notTried))]
  return [
    `${results.length - skipped.length} cases of the conformance kit passed, ${skipped.length} were not tried.`,
    `${races.length} races had at least ${RACE_ROUNDS} rounds on warm connections: one that shows in every tenth round ` +
      'is missed in less than one run of a thousand.',
    `A case had at most ${most} stores open at once.`,
    ...reasons.map((reason) => {
      const names = skipped.filter(({ notTried }) => notTried === reason).map(({ name }) => name)
      return `Not tried, because ${reason}: ${names.join('; ')}.`
    }),
  ].join('\n')
}
