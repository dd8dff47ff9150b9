import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
// Put together here, or this file would contain them.
const WORDS = [
  ['ki', 'lls?'],
  ['ki', 'lled'],
  ['me', 'nds?'],
  ['me', 'nded'],
  ['who', 'ever'],
  ['there', 'of'],
]
const WORD = new RegExp(`\\b(${WORDS.map((parts) => parts.join('')).join('|')})\\b`)

const filesIn = (folder: string) =>
  readdirSync(new URL(folder, ROOT), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`)

it('the source, the documentation and the examples use the words of CONTRIBUTING.md', () => {
  const files = ['src', 'adapters', 'docs', 'examples'].flatMap(filesIn).filter((file) => /\.(ts|md|css)$/.test(file))
  const lines = [...files, new URL('README.md', ROOT).pathname].flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .map((line, at) => `${file}:${at + 1}: ${line}`),
  )
  expect(lines.filter((line) => WORD.test(line.slice(line.indexOf(': '))))).toEqual([])
})
