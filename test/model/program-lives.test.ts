import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { runProgramLives } from './program-model.ts'

const SEED = 2_611

describe('the life of programs that register themselves, in the model and on the memory store', () => {
  it(`model and store agree over 100 lives, seed ${SEED} (WEB-5, WEB-6, E)`, async () => {
    const log = await runProgramLives(async () => memoryStore(), { seed: SEED, runs: 100 })
    const ends = (what: string) => new Set(log.filter((line) => line.includes(what)).map((line) => line.split(': ')[1]))
    console.info(`${log.length} acts, asked: ${[...ends('asked')].join()}; redeemed: ${[...ends('redeems')].join()}`)
    for (const outcome of ['ok', 'app_suspended', 'account_blocked', 'not_permitted']) {
      for (const program of ['published', 'registered']) expect(ends(`asked by the ${program}`)).toContain(outcome)
      expect(ends('redeems')).toContain(outcome)
    }
    expect(ends('redeems')).toContain('invalid_code')
    expect(ends('refreshed')).toContain('invalid_refresh_token')
  })
})
