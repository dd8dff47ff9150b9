import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, inject, it } from 'vitest'
import { ROOT } from './setup.ts'

const PROGRAM = `
import { type Access, createAppGrant, isAppGrantError, type Store, type Verification } from 'appgrant'
import { memoryStore } from 'appgrant/memory'
import { sqliteStore } from 'appgrant/sqlite'
import { redisStore } from 'appgrant/redis'
import { mongoStore } from 'appgrant/mongodb'
import { createHandler, protect } from 'appgrant/http'
import { accessOf, protectNode, toNodeHandler } from 'appgrant/node'
import { conformance, exampleApp, faultyStore, movableClock } from 'appgrant/testing'
import { Redis } from 'ioredis'
import { MongoClient } from 'mongodb'

const stores: Store[] = [
  memoryStore(),
  sqliteStore('./file.db'),
  redisStore({ client: new Redis({ lazyConnect: true }) }),
  mongoStore({ db: new MongoClient('mongodb://localhost').db() }),
]
const grants = createAppGrant({ store: faultyStore(stores[0] ?? memoryStore()), clock: movableClock(), issuer: 'https://a.example' })
export async function access(token: string): Promise<Access | undefined> {
  await grants.apps.register(exampleApp()).catch((error: unknown) => {
    if (isAppGrantError(error, 'invalid_fields')) console.log(error.details.fields[0]?.field)
  })
  const verification: Verification = await grants.authorizer.verify(token)
  return verification.ok ? verification : undefined
}
export const handler = toNodeHandler(createHandler(grants))
export const guards = [protect(grants.authorizer), protectNode(grants.authorizer), accessOf, conformance.length]
`

// Types of the drivers are theirs to answer for: they are checked only where a host of that kind could pass at all.
const HOSTS = {
  'with DOM types': { lib: ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.Iterable'] },
  'without DOM types': { lib: ['ES2023', 'ESNext.Disposable'] },
}

describe('a host that compiles with skipLibCheck: false', () => {
  it.each(Object.entries(HOSTS))('%s finds no fault in our types', (name, options) => {
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
