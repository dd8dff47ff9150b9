import { createBoundedMap } from '../../base/bounded-map.ts'
import { nearestName, shownName } from '../../base/known-members.ts'
import { sanitizeError } from '../../base/sanitize-error.ts'
import { shownValue } from '../input/shown-value.ts'

type Check = readonly [expected: string, isValid: (value: unknown) => boolean]

const FLAG: Check = ['true or false', (value) => typeof value === 'boolean']
const OPTIONAL_TEXT: Check = ['a string, or nothing', (value) => value === undefined || typeof value === 'string']

/** What each member of an `AccountState` must be. */
const MEMBERS: readonly (readonly [name: string, check: Check])[] = [
  ['id', ['a string', (value) => typeof value === 'string']],
  ['active', FLAG],
  ['mayUseApps', ['true, false or a function', (value) => typeof value === 'boolean' || typeof value === 'function']],
  ['mayRegisterApps', ['true, false or an array of API types', isFlagOrTexts]],
  ['mayRegisterScopes', ['an array of scopes, or nothing', (value) => value === undefined || isTexts(value)]],
  ['mayTrustApps', FLAG],
  ['tenant', OPTIONAL_TEXT],
  ['epoch', OPTIONAL_TEXT],
]

const NAMES = MEMBERS.map(([name]) => name)
/** Members that guard something if there are any: a misspelt one would switch that off (ERR-6). */
const OPTIONAL = ['mayRegisterScopes', 'tenant', 'epoch']
const ENTRY_BYTES = 200
const MAX_NAMES_BYTES = 100_000
/** Which member each unknown name probably means. A directory replies at every use, with the same names. */
const meanings = createBoundedMap<{ readonly name: string | undefined }>({ maxBytes: MAX_NAMES_BYTES })

/** What is wrong with the reply of a directory: the account, the member, and the value. Undefined if nothing is. */
export function lineageFault(lineage: unknown, account: string): string | undefined {
  const call = `lineage(${JSON.stringify(account)})`
  if (!Array.isArray(lineage)) return `${call}: expected an array of accounts, received ${shownValue(lineage)}`
  for (const [at, state] of lineage.entries()) {
    if (typeof state !== 'object' || state === null)
      return `${call}[${at}]: expected an account, received ${shownValue(state)}`
    for (const [name, [expected, isValid]] of MEMBERS) {
      const value: unknown = state[name]
      if (isValid(value)) continue
      const whose = name === 'id' ? '' : ` of the account ${shownValue(state.id)}`
      return `${call}[${at}].${name}${whose}: expected ${expected}, received ${shownValue(value)}`
    }
    for (const name of Object.keys(state)) {
      const meant = NAMES.includes(name) ? undefined : meaningOf(name)
      if (meant === undefined || meant in state) continue
      const whose = ` of the account ${shownValue(state.id)}`
      return `${call}[${at}].${shownName(name)}${whose}: unknown member, expected ${meant}, or ${meant} beside it`
    }
  }
  const [first] = lineage
  if (first === undefined || first.id === account) return undefined
  return `${call}[0].id: expected the account itself first, then its ancestors, received ${shownValue(first.id)}`
}

/** @throws TypeError unless `mayUseApps` decides at once: a promise would pass for true. */
export function decisionOf(decide: () => unknown, id: string): boolean {
  let decision: unknown
  try {
    decision = decide()
  } catch (error) {
    throw sanitizeError(error)
  }
  if (typeof decision === 'boolean') return decision
  // It is refused whatever it resolves to, so its rejection is of no interest.
  if (decision instanceof Promise) decision.catch(() => {})
  const received = decision instanceof Promise ? 'a promise' : shownValue(decision)
  throw new TypeError(`mayUseApps of the account ${shownValue(id)}: expected true or false, received ${received}`)
}

function meaningOf(name: string): string | undefined {
  let meaning = meanings.get(name)
  if (!meaning) {
    meaning = { name: nearestName(name, OPTIONAL) }
    meanings.set(name, meaning, { bytes: ENTRY_BYTES + 2 * name.length })
  }
  return meaning.name
}

function isFlagOrTexts(value: unknown): boolean {
  return typeof value === 'boolean' || isTexts(value)
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}
