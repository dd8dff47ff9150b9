import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { runTool } from './run.ts'
import { ROOT } from './setup.ts'

const PROGRAM = `
import { type Access, createAppGrant, isAppGrantError, type Store, type Verification } from 'appgrant'
import { memoryStore } from 'appgrant/memory'
import { sqliteStore } from 'appgrant/sqlite'
import { redisStore } from 'appgrant/redis'
import { mongoStore } from 'appgrant/mongodb'
import { postgresStore } from 'appgrant/postgres'
import { createHandler, protect } from 'appgrant/http'
import { accessOf, protectNode, toNodeHandler } from 'appgrant/node'
import { conformance, exampleApp, faultyStore, manualClock } from 'appgrant/testing'
import { batchGets, type RecordRef, SLACK_MS } from 'appgrant/store'
import { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'
import { Client } from 'pg'

const stores: Store[] = [
  memoryStore(),
  sqliteStore('./file.db'),
  redisStore({ client: new Redis({ lazyConnect: true }) }),
  mongoStore({ db: new MongoClient('mongodb://localhost').db() }),
  postgresStore({ client: () => new Client('postgres://localhost') }),
]
const appgrant = createAppGrant({ store: faultyStore(stores[0] ?? memoryStore()), clock: manualClock(), issuer: 'https://a.example' })
export async function access(token: string): Promise<Access | undefined> {
  await appgrant.apps.register(exampleApp()).catch((error: unknown) => {
    if (isAppGrantError(error, 'invalid_fields')) console.log(error.details.fields[0]?.field)
  })
  const verification: Verification = await appgrant.authorizer.tryVerify(token)
  return verification.ok ? verification : undefined
}
const nameOf = (ref: RecordRef) => [ref.partition, ref.kind, ref.id].join(":")
export const ofStores = { get: batchGets({ nameOf, read: async (names) => names.map(() => undefined) }), SLACK_MS }
export const handler = toNodeHandler(createHandler(appgrant))
export const guards = [protect(appgrant.authorizer), protectNode(appgrant.authorizer), accessOf, conformance.length]
`

// The types of the drivers are not ours: they are checked only if such a host could compile at all.
const HOSTS = {
  'with DOM types': { lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.Iterable'] },
  'without DOM types': { lib: ['ES2023', 'ESNext.Disposable'] },
}

describe('hosts that compile with skipLibCheck: false', () => {
  it.each(Object.entries(HOSTS))('%s compiles against our types', (name, options) => {
    const folder = join(inject('consumer'), name.replaceAll(' ', '-'))
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'host.ts'), PROGRAM)
    const compilerOptions = {
      ...options,
      target: 'ES2022',
      module: 'NodeNext',
      moduleResolution: 'NodeNext',
      types: ['node'],
      typeRoots: [join(ROOT, 'node_modules/@types')],
      strict: true,
      exactOptionalPropertyTypes: true,
      skipLibCheck: false,
      noEmit: true,
    }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['host.ts'] }))
    const { stdout } = spawnSync(
      process.execPath,
      [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'],
      { encoding: 'utf8' },
    )
    const ours = stdout.split('\n').filter((line) => /^\S/.test(line) && /appgrant\/dist|host\.ts/.test(line))
    expect(ours).toEqual([])
  })
})

const STRICT_PROGRAM = `
import { type Access, type AccountDirectory, type AppGrant, createAppGrant, paginate, isAppGrantError, type Store } from 'appgrant'
import { createHandler, type Handler, protect } from 'appgrant/http'
import { memoryStore } from 'appgrant/memory'
import { accessOf, protectNode, toNodeHandler } from 'appgrant/node'
import { conformance, exampleApp, manualClock } from 'appgrant/testing'
import { createServer, type IncomingMessage } from 'node:http'

const directory: AccountDirectory = {
  lineage: async (id) => [{ id, active: true, mayUseApps: (app) => app.trusted, mayRegisterApps: ['unified'], mayTrustApps: true }],
}
const store: Store = memoryStore()
const appgrant: AppGrant = createAppGrant({ store, directory, issuer: 'https://login.example', clock: manualClock() })
const handler: Handler = createHandler(appgrant, { signIn: async (request) => ({ account: request.headers.get('x') ?? '' }) })
createServer(toNodeHandler(handler, { remoteAddress: (req: IncomingMessage) => req.socket.remoteAddress }))
const guard = protectNode(appgrant.authorizer, { scope: 'a', maxStalenessMs: 1000 })
createServer((req, res) => guard(req, res, () => res.end((accessOf(req) satisfies Access).account)))

export async function main(): Promise<readonly string[]> {
  const { app, secret } = await appgrant.apps.register(exampleApp())
  const access = await protect(appgrant.authorizer)(new Request('https://api.example/'))
  if (!(access instanceof Response)) console.log(access.kind satisfies 'app' | 'user')
  const verification = await appgrant.authorizer.tryVerify(secret)
  if (!verification.ok) console.log(verification.reason)
  // @ts-expect-error: a refusal has no account.
  console.log(verification.account)
  try {
    await appgrant.as('org-7', { login: 'maria' }).apps.suspend(app.key)
  } catch (error) {
    if (isAppGrantError(error, 'too_many_failures')) console.log(error.details.retryAfterSeconds satisfies number)
  }
  const names: string[] = []
  for await (const one of paginate((cursor) => appgrant.apps.list({ cursor }))) names.push(one.name)
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

describe('projects that use the package with skipLibCheck: false', () => {
  it.each([
    ['with the types of the DOM', { lib: ['ES2023', 'DOM', 'DOM.Iterable'], module: 'nodenext' }],
    ['without the DOM types, because those of Node have Request and Response', { lib: ['ES2023'], module: 'nodenext' }],
    ['for a bundler', { lib: ['ES2023'], module: 'esnext', moduleResolution: 'bundler' }],
    ['as CommonJS, which requires it', { lib: ['ES2023'], module: 'nodenext', moduleDetection: 'legacy' }],
  ])('a project compiles %s', async (name, options) => {
    const folder = project(`types ${name.slice(0, 12)}`, STRICT_PROGRAM, options)
    if (name.startsWith('as CommonJS')) writeFileSync(join(folder, 'package.json'), '{"type":"commonjs"}')
    const { code, stdout } = await runTool('tsc', ['-p', folder], folder)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
  })

  it('a project that misuses the types does not compile', async () => {
    const folder = project('types-wrong', STRICT_PROGRAM.replace('satisfies number', 'satisfies string'), {
      lib: ['ES2023'],
      module: 'nodenext',
    })
    const { code, stdout } = await runTool('tsc', ['-p', folder], folder)
    expect(code).not.toBe(0)
    expect(stdout).toContain('TS1360')
  })
})
