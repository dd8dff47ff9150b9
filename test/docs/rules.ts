/** Where the rules are defined. */
export const PAGE = 'docs/invariants.md'

/** A row of the page. Without files the rule is planned. */
interface Rule {
  readonly id: string
  readonly enforcedIn: readonly string[]
  readonly testedIn: readonly string[]
}

const ROW = /^\| ([A-Z]{3,4}-\d+|S\d[0-9A-F]) \| .+ \| (.+) \| (.+) \|$/gm
const CODE = ['src/', 'adapters/', 'test/']

/** The rules that a page defines, in its order. */
export function rulesOf(page: string): readonly Rule[] {
  return [...page.matchAll(ROW)].map(([, id = '', enforced = '', tested = '']) => ({
    id,
    enforcedIn: pathsIn(enforced),
    testedIn: pathsIn(tested),
  }))
}

/**
 * What is wrong with the rule ids of a repository, in words.
 *
 * @param files - path to text; {@link PAGE} is the page.
 */
export function faultsIn(files: ReadonlyMap<string, string>): readonly string[] {
  const rules = rulesOf(files.get(PAGE) ?? '')
  const defined = new Map(rules.map((rule) => [rule.id, rule]))
  const uses = usesIn(files, rules)
  return [
    ...rules.filter((rule) => defined.get(rule.id) !== rule).map(({ id }) => `${id} is defined twice`),
    ...[...uses].flatMap(([id, users]) => (defined.has(id) ? [] : [`${id} is used in ${users[0]}, but not defined`])),
    ...[...defined.values()].flatMap((rule) => faultsOf(rule, files, uses.get(rule.id) ?? [])),
  ]
}

function faultsOf(
  { id, enforcedIn, testedIn }: Rule,
  files: ReadonlyMap<string, string>,
  users: readonly string[],
): readonly string[] {
  const isPlanned = enforcedIn.length === 0 && testedIn.length === 0
  // A planned rule may be mentioned in documents.
  const usedIn = users.filter((path) => path !== PAGE && (!isPlanned || CODE.some((folder) => path.startsWith(folder))))
  if (isPlanned) return usedIn.map((path) => `${id} is planned, but ${path} names it`)
  const faults = [...enforcedIn, ...testedIn].filter((path) => !files.has(path)).map((path) => `${id}: no file ${path}`)
  if (usedIn.length === 0) faults.push(`${id} is defined, but used nowhere`)
  if (enforcedIn.length === 0) faults.push(`${id}: no file enforces it`)
  if (testedIn.length === 0) faults.push(`${id}: no file tests it`)
  for (const path of testedIn)
    if (files.has(path) && !usedIn.includes(path)) faults.push(`${id}: ${path} does not name it`)
  return faults
}

/** The files that use each id of the families that the rules belong to. */
function usesIn(files: ReadonlyMap<string, string>, rules: readonly Rule[]): ReadonlyMap<string, readonly string[]> {
  const families = new Set(rules.map(({ id }) => id.split('-')[0]).filter((family) => !/\d/.test(family ?? '')))
  const pattern = new RegExp(`\\b(?:(?:${[...families].join('|')})-\\d+|S\\d[0-9A-F])\\b`, 'g')
  const uses = new Map<string, string[]>()
  for (const [path, text] of files)
    for (const id of new Set(text.match(pattern))) uses.set(id, [...(uses.get(id) ?? []), path])
  return uses
}

function pathsIn(cell: string): readonly string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path)
}
