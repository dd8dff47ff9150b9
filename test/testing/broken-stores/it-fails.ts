import { expect, it } from 'vitest'
import { conformance } from '../../../src/testing/index.ts'
import type { BrokenStore } from './broken-store.ts'

/** A test that runs the whole kit: the cases that the broken store names must fail, and all others must pass. */
export function itFailsWhatItShould({ defect, fails, target }: BrokenStore): void {
  it(`kit: exactly the cases about it fail if ${defect}`, async () => {
    const failed: string[] = []
    for (const { name, rule, run } of conformance) {
      const error = await run(target()).then(
        () => undefined,
        (reason: Error) => reason,
      )
      if (!error) continue
      expect(error.message.slice(0, rule.length + 2), error.message).toBe(`${rule}: `)
      failed.push(name)
    }
    expect(failed).toEqual(fails)
  })
}
