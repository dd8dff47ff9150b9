import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = new URL('../..', import.meta.url).pathname
const STORES = /\b(?:sqlite|redis|mongo|postgres)Store\(/

/** Examples as they are, and the code blocks of documents, that open a store of a database. */
function programs(): readonly (readonly [string, string])[] {
  const filesOf = (folder: string, end: string) => readdirSync(join(ROOT, folder)).filter((name) => name.endsWith(end))
  const text = (name: string) => readFileSync(join(ROOT, name), 'utf8')
  const examples = filesOf('examples', '.ts').map((name) => [`examples/${name}`, text(`examples/${name}`)] as const)
  const documents = ['README.md', ...filesOf('docs', '.md').map((name) => `docs/${name}`)].flatMap((name) =>
    [...text(name).matchAll(/^```(?:ts|js)\b.*\n([\s\S]*?)^```/gm)].map(([, code = '']) => [name, code] as const),
  )
  return [...examples, ...documents].filter(([, code]) => STORES.test(code))
}

describe('examples and documents with a database', () => {
  it.each(programs())('%s prepares what it opens', (_, code) => {
    expect(code).toContain('await store.prepare()')
    if (code.includes('createAppGrant(')) expect(code).toContain('await appgrant.prepare()')
  })

  it('there are some', () => {
    expect(programs().length).toBeGreaterThan(5)
  })
})
