import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, inject, it } from 'vitest'
import { runTool, runTypeScript } from './run.ts'
import { ROOT } from './setup.ts'

interface Snippet {
  readonly name: string
  readonly code: string
}

/** The fenced blocks of a document that are programs: in the README all of TypeScript, elsewhere those marked `ts run`. */
function snippets(file: string): readonly Snippet[] {
  const text = readFileSync(join(ROOT, file), 'utf8')
  const isProgram = (info: string) =>
    info === 'ts run' || (file === 'README.md' && /^(ts|js|typescript|javascript)\b/.test(info))
  return [...text.matchAll(/^```([^\n]*)\n(.*?)^```$/gms)].flatMap(([, info = '', code = ''], at) =>
    isProgram(info.trim()) ? [{ name: `${file} block ${at + 1}`, code }] : [],
  )
}

const documents = ['README.md', ...readdirSync(join(ROOT, 'docs')).map((name) => `docs/${name}`)]
const all = documents.filter((file) => file.endsWith('.md')).flatMap(snippets)
const fileOf = ({ name }: Snippet) => `${name.replaceAll(/[^\w]+/g, '-')}.ts`
const folder = () => join(inject('consumer'), 'snippets')

describe('the snippets of README and docs', () => {
  beforeAll(() => {
    mkdirSync(folder(), { recursive: true })
    for (const snippet of all) writeFileSync(join(folder(), fileOf(snippet)), `${snippet.code}\nexport {}\n`)
    const compilerOptions = {
      target: 'ES2022',
      module: 'nodenext',
      lib: ['ES2023', 'DOM', 'DOM.Iterable'],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: true,
      noEmit: true,
      types: ['node'],
    }
    writeFileSync(join(folder(), 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  })

  it('the README and docs have snippets to test', () => {
    expect(all.filter(({ name }) => name.startsWith('README.md')).length).toBeGreaterThan(0)
    expect(all.filter(({ name }) => name.startsWith('docs/http.md')).length).toBeGreaterThan(5)
  })

  it('all snippets compile', async () => {
    const { code, stdout } = await runTool('tsc', ['-p', folder()], folder())
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  })

  it.each(all)('$name runs to its end', async (snippet) => {
    const { code, stderr } = await runTypeScript(fileOf(snippet), folder())
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})

describe('the documents', () => {
  it('documents link only to files that exist', () => {
    const documents = [
      'README.md',
      ...readdirSync(join(ROOT, 'docs'))
        .filter((name) => name.endsWith('.md'))
        .map((name) => `docs/${name}`),
    ]
    for (const document of documents) {
      const folder = join(ROOT, document, '..')
      const links = [...readFileSync(join(ROOT, document), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
        ([, link]) => link ?? '',
      )
      for (const link of links) expect([document, link, existsIn(folder, link)]).toEqual([document, link, true])
    }
  })
})

function existsIn(folder: string, link: string): boolean {
  const parts = join(folder, link)
  return readdirSync(join(parts, '..')).includes(parts.split('/').filter(Boolean).at(-1) ?? '')
}
