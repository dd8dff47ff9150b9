import { afterAll, beforeAll, describe, vi } from 'vitest'
import { hangingStores } from './broken-stores.ts'
import { itFailsWhatItShould } from './it-fails.ts'

describe('broken stores that keep the kit waiting', () => {
  // A wait for something that never comes ends as soon as nothing else is left to run.
  beforeAll(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    vi.setTimerTickMode('nextTimerAsync')
  })
  afterAll(() => {
    vi.useRealTimers()
  })
  for (const broken of hangingStores) itFailsWhatItShould(broken)
})
