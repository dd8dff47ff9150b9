import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { runTool } from './run.ts'

const PROGRAM = `
import { type Access, type AccountDirectory, type AppGrant, createAppGrant, eachItem, isAppGrantError, type Store } from 'appgrant'
import { createHandler, type Handler, protect } from 'appgrant/http'
import { memoryStore } from 'appgrant/memory'
import { accessOf, protectNode, toNodeHandler } from 'appgrant/node'
import { conformance, exampleApp, movableClock } from 'appgrant/testing'
import { createServer, type IncomingMessage } from 'node:http'

const directory: AccountDirectory = {
  lineage: async (id) => [{ id, active: true, mayUseApps: (app) => app.trusted, mayRegisterApps: ['unified'], mayTrustApps: true }],
}
const store: Store = memoryStore()
const grants: AppGrant = createAppGrant({ store, directory, issuer: 'https://login.example', clock: movableClock() })
const handler: Handler = createHandler(grants, { signIn: async (request) => ({ account: request.headers.get('x') ?? '' }) })
createServer(toNodeHandler(handler, { remoteAddress: (req: IncomingMessage) => req.socket.remoteAddress }))
const guard = protectNode(grants.authorizer, { scope: 'a', maxStalenessMs: 1000 })
createServer((req, res) => guard(req, res, () => res.end((accessOf(req) satisfies Access).account)))

export async function main(): Promise<readonly string[]> {
  const { app, secret } = await grants.apps.register(exampleApp())
  const access = await protect(grants.authorizer)(new Request('https://api.example/'))
  if (!(access instanceof Response)) console.log(access.kind satisfies 'app' | 'user')
  const verification = await grants.authorizer.verify(secret)
  if (!verification.ok) console.log(verification.reason)
  // @ts-expect-error: what is refused gives no account.
  console.log(verification.account)
  try {
    await grants.as('org-7', { login: 'maria' }).apps.suspend(app.key)
  } catch (error) {
    if (isAppGrantError(error, 'too_many_failures')) console.log(error.details.retryAfterSeconds satisfies number)
  }
  const names: string[] = []
  for await (const one of eachItem((cursor) => grants.apps.list(cursor === undefined ? {} : { cursor }))) names.push(one.name)
  return [...names, ...conformance.map(({ rule }) => rule)]
}
`

function project(name: string, program: string, options: object): string {
  const folder = join(inject('consumer'), name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'program.ts'), program)
  const compilerOptions = {
    target: 'ES2022',
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
    types: ['node'],
    ...options,
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['program.ts'] }))
  return folder
}

describe('a project that uses the package compiles with skipLibCheck: false', () => {
  it.each([
    ['with the types of the DOM', { lib: ['ES2023', 'DOM', 'DOM.Iterable'], module: 'nodenext' }],
    ['without them: those of Node have Request and Response', { lib: ['ES2023'], module: 'nodenext' }],
    ['for a bundler', { lib: ['ES2023'], module: 'esnext', moduleResolution: 'bundler' }],
    ['as CommonJS, which requires it', { lib: ['ES2023'], module: 'nodenext', moduleDetection: 'legacy' }],
  ])('%s', async (name, options) => {
    const folder = project(`types ${name.slice(0, 12)}`, PROGRAM, options)
    if (name.startsWith('as CommonJS')) writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}')
    const { code, stdout } = await runTool('tsc', ['-p', folder], folder)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  })

  it('of types that are wrong it finds fault, so the above says something', async () => {
    const folder = project('types-wrong', PROGRAM.replace('satisfies number', 'satisfies string'), {
      lib: ['ES2023'],
      module: 'nodenext',
    })
    const { code, stdout } = await runTool('tsc', ['-p', folder], folder)
    expect(code).not.toBe(0)
    expect(stdout).toContain('TS1360')
  })
})
