import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const ROOT = new URL('../../', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8')
const sections = read('docs/clients.md').split('\n## ').slice(1)

/** Without indentation, which differs inside of a function. */
const unindented = (code: string) => code.replaceAll(/^[ \t]+/gm, '').trim()

it.each([
  ['openid-client', 'node/openid-client.js', 'node/openid-client-device.js', 'node/openid-client-par.js'],
  ['simple-oauth2', 'node/simple-oauth2.js'],
  ['passport-oauth2', 'node/passport-oauth2.js'],
  ['grant', 'node/grant.js'],
  ['requests-oauthlib', 'python/program.py'],
  ['golang.org/x/oauth2', 'go/main.go'],
])('the code for %s in docs/clients.md is that of the programs that are tested', (heading, ...files) => {
  const section = sections.find((text) => text.startsWith(`${heading}\n`)) ?? ''
  const blocks = [...section.matchAll(/^```\w+\n(.*?)^```$/gms)].map(([, code = '']) => unindented(code))
  expect(blocks.length).toBeGreaterThan(1)
  const program = files.map((file) => unindented(read(`test/clients/${file}`))).join('\n')
  expect(blocks.filter((block) => !program.includes(block))).toEqual([])
})
