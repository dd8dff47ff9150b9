import { invalidOption } from '../base/errors.ts'
import { assertNotMisspelt, assertOptions, knownMembers } from '../base/known-members.ts'
import type { ConformanceTarget, ProcessTarget } from './conformance-target.ts'

const MEMBERS = Object.keys({
  open: true,
  seed: true,
  sweep: true,
  break: true,
  restore: true,
  process: true,
} satisfies Record<keyof ConformanceTarget, true>)
const OF_PROCESS = knownMembers<ProcessTarget>({ module: true, execArgv: true })
const FUNCTIONS = ['sweep', 'break', 'restore'] as const

/** @throws TypeError naming the member of a target that is wrong: an ability that is misspelt would not be tried. */
export function checkTarget(target: ConformanceTarget): void {
  const wrong = (name: string, expected: string, received: unknown) => invalidOption('run', name, expected, received)
  if (typeof target !== 'object' || target === null || typeof target.open !== 'function')
    throw wrong('target', 'an object with open(namespace), which resolves to a store', target)
  assertNotMisspelt('run: target', target, MEMBERS)
  for (const name of FUNCTIONS)
    if (target[name] !== undefined && typeof target[name] !== 'function') throw wrong(name, 'a function', target[name])
  if (!target.break !== !target.restore)
    throw wrong(target.break ? 'restore' : 'break', 'a function, because break and restore go together', undefined)
  if (target.seed !== undefined && !Number.isSafeInteger(target.seed))
    throw wrong('seed', 'the whole number that a failure printed', target.seed)
  if (target.process === undefined) return
  assertOptions('run', target.process, OF_PROCESS, 'process')
  const { module } = target.process
  if (!(module instanceof URL) && !(typeof module === 'string' && URL.canParse(module)))
    throw wrong('process.module', "a URL, such as new URL('./target.mjs', import.meta.url)", module)
}
