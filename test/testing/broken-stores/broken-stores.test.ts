import { describe, expect, it } from 'vitest'
import { conformance } from '../../../src/testing/index.ts'
import { brokenProcesses, brokenStores, hangingStores } from './broken-stores.ts'
import { itFailsWhatItShould } from './it-fails.ts'

describe('broken stores', () => {
  for (const broken of brokenStores) itFailsWhatItShould(broken)

  it('kit: every case fails on at least one broken store', () => {
    const seen = new Set([...brokenStores, ...hangingStores, ...brokenProcesses].flatMap(({ fails }) => fails))
    expect(conformance.map(({ name }) => name).filter((name) => !seen.has(name))).toEqual([])
  })

  it('kit: there are more than 120 broken stores, each with a defect of its own', () => {
    const defects = [...brokenStores, ...hangingStores, ...brokenProcesses].map(({ defect }) => defect)
    expect(new Set(defects).size).toBe(defects.length)
    expect(defects.length).toBeGreaterThan(120)
  })
})
