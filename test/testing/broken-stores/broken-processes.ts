import { memoryTarget } from '../../support/memory-target.ts'
import type { BrokenStore } from './broken-store.ts'

const inProcess = (defect: string, module: string, fails: readonly string[]): BrokenStore => ({
  defect,
  fails,
  target: () => ({
    ...memoryTarget(),
    seed: 7,
    process: { module: new URL(`processes/${module}`, import.meta.url), execArgv: ['--import', 'tsx'] },
  }),
})

export const soundProcess = inProcess('nothing', 'sound.ts', [])

export const brokenProcesses: readonly BrokenStore[] = [
  inProcess('a timer keeps the process from ending', 'lingering.ts', ['the process ends after close']),
  inProcess('an error of an idle connection that nothing listens to ends the process', 'unheard-while-idle.ts', [
    'the process survives a break',
  ]),
  inProcess('an error of the client that nothing listens to ends the process', 'unheard.ts', [
    'the process survives a break',
  ]),
]
