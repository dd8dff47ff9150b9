import { describe } from 'vitest'
import { passesTheKit } from '../../support/kit.ts'
import { memoryTarget } from '../../support/memory-target.ts'

const module = new URL('../../testing/broken-stores/processes/sound.ts', import.meta.url)

describe('memoryStore', () => {
  const target = { ...memoryTarget(), process: { module, execArgv: ['--import', 'tsx'] } }
  passesTheKit(() => target, ['the store has no time'])
})
