import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { faultsIn, PAGE, rulesOf } from './rules.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const FOLDERS = ['src', 'adapters', 'test', 'docs', 'examples']

/** The texts in which a rule may be named. */
function repository(): ReadonlyMap<string, string> {
  const entries = FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()),
  )
  return new Map(
    entries.map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      return [relative(ROOT, path).replaceAll('\\', '/'), readFileSync(path, 'utf8')]
    }),
  )
}

describe('docs/invariants.md', () => {
  it('every rule that is named is defined, and every rule in force names files that exist and test it', () => {
    expect(faultsIn(repository())).toEqual([])
  })

  it('the page defines every family of rules', () => {
    const families = new Set(rulesOf(repository().get(PAGE) ?? '').map(({ id }) => id.replace(/-?\d.*$/, '')))
    expect([...families]).toEqual([
      'ACC',
      'APP',
      'WEB',
      'TOK',
      'DPOP',
      'DEV',
      'PAR',
      'REV',
      'LST',
      'ERR',
      'HTTP',
      'CON',
      'S',
    ])
  })
})

describe('faultsIn', () => {
  // Put together here, or this file would name a rule that is not defined.
  const [one, two, stranger] = [id('APP', 1), id('APP', 2), id('APP', 99)]
  const page = `| ${one} | It holds. | \`src/a.ts\` | \`test/a.test.ts\` |\n| ${two} | It will. | planned | planned |\n`
  const sound = { [PAGE]: page, 'src/a.ts': '', 'test/a.test.ts': `it('holds (${one})')`, 'docs/b.md': two }
  const faultsWith = (changes: Readonly<Record<string, string>>) =>
    faultsIn(new Map(Object.entries({ ...sound, ...changes })))

  it('a repository whose rules are all defined, used and tested has no faults', () => {
    expect(faultsWith({})).toEqual([])
  })

  it.each([
    [
      'an id that is not defined',
      { 'src/a.ts': `// ${stranger}` },
      [`${stranger} is used in src/a.ts, but not defined`],
    ],
    [
      'a security case that is not defined',
      { 'docs/b.md': `S${99}` },
      [`S${99} is used in docs/b.md, but not defined`],
    ],
    [
      'a rule that is used nowhere',
      { 'test/a.test.ts': '' },
      [`${one} is defined, but used nowhere`, `${one}: test/a.test.ts does not name it`],
    ],
    [
      'a test that does not name its rule',
      { 'test/a.test.ts': '', 'src/a.ts': `// ${one}` },
      [`${one}: test/a.test.ts does not name it`],
    ],
    [
      'a file that does not exist',
      { [PAGE]: page.replace('src/a.ts', 'src/gone.ts') },
      [`${one}: no file src/gone.ts`],
    ],
    ['a rule that nothing tests', { [PAGE]: page.replace('`test/a.test.ts`', '–') }, [`${one}: no file tests it`]],
    ['a rule that nothing enforces', { [PAGE]: page.replace('`src/a.ts`', '–') }, [`${one}: no file enforces it`]],
    ['a planned rule in code', { 'src/a.ts': `// ${two}` }, [`${two} is planned, but src/a.ts names it`]],
    ['a rule that is defined twice', { [PAGE]: page + page.split('\n')[0] }, [`${one} is defined twice`]],
  ])('faultsIn reports %s', (_, changes, faults) => {
    expect(faultsWith(changes)).toEqual(faults)
  })
})

function id(family: string, number: number): string {
  return `${family}-${number}`
}
