import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { ROOT } from './setup.ts'

const TSX = join(ROOT, 'node_modules/tsx/dist/cli.mjs')
const snippets = [...readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(
  ([, text]) => text ?? '',
)

describe('the documents', () => {
  it.each(snippets.map((text, at) => [at + 1, text] as const))('snippet %i of the README runs', (at, text) => {
    const folder = join(inject('consumer'), 'readme')
    mkdirSync(folder, { recursive: true })
    const file = join(folder, `snippet-${at}.mts`)
    writeFileSync(file, text)
    const { status, stderr } = spawnSync(process.execPath, [TSX, file], { encoding: 'utf8', timeout: 60_000 })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })

  it('link only to files that are there', () => {
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
