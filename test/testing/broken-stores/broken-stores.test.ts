import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { conformance } from '../../../src/testing/index.ts'
import { brokenExpiries } from './broken-expiries.ts'
import { brokenFields } from './broken-fields.ts'
import { brokenGets } from './broken-gets.ts'
import { brokenInserts } from './broken-inserts.ts'
import { brokenLists } from './broken-lists.ts'
import { brokenNames } from './broken-names.ts'
import { brokenNodes } from './broken-nodes.ts'
import { brokenReplaces } from './broken-replaces.ts'
import type { BrokenStore } from './broken-store.ts'
import { brokenWatches } from './broken-watches.ts'

const brokenStores = [
  ...brokenGets,
  ...brokenFields,
  ...brokenNames,
  ...brokenInserts,
  ...brokenReplaces,
  ...brokenLists,
  ...brokenExpiries,
  ...brokenNodes,
]

describe('broken stores', () => {
  for (const broken of brokenStores) itFailsWhatItShould(broken)

  it('kit: every case fails on at least one broken store', () => {
    const seen = new Set([...brokenStores, ...brokenWatches].flatMap(({ fails }) => fails))
    expect(conformance.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([])
  })
})

describe('broken watches', () => {
  // A wait for a hint that never comes ends as soon as nothing else is left to run.
  beforeAll(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    vi.setTimerTickMode('nextTimerAsync')
  })
  afterAll(() => {
    vi.useRealTimers()
  })
  for (const broken of brokenWatches) itFailsWhatItShould(broken)
})

function itFailsWhatItShould({ defect, fails, target }: BrokenStore): void {
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
