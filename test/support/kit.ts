import { expect, it } from 'vitest'
import {
  type ConformanceResult,
  type ConformanceTarget,
  conformance,
  conformanceSummary,
} from '../../src/testing/index.ts'

/** A test for each case of the kit, and one that nothing else than `notTried` was left out, by what the cases need. */
export function passesTheKit(target: () => ConformanceTarget, notTried: readonly string[] = []): void {
  const results: ConformanceResult[] = []
  for (const { name, rule, run } of conformance)
    it(`${name}: ${rule}`, async () => {
      results.push(await run(target()))
    })
  it(`kit: everything is tried${notTried.map((what) => `, but ${what}`).join('')}`, () => {
    expectTried(results, notTried)
  })
}

/** Fails unless these results are of all cases, and those that were not tried lack nothing else. */
export function expectTried(results: readonly ConformanceResult[], notTried: readonly string[]): void {
  expect(results.length, 'the cases that passed').toBe(conformance.length)
  const reasons = new Set(results.flatMap((result) => result.notTried ?? []))
  expect([...reasons].toSorted(), conformanceSummary(results)).toEqual(notTried.toSorted())
}
