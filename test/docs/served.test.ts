import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { FIELDS as CHANGEABLE } from '../../src/domain/apps/app-fields.ts'
import { routesOf } from '../../src/http/handler.ts'
import { createAppGrant, generateSigningKey, type NewApp } from '../../src/index.ts'

const page = (name: string) => readFileSync(new URL(`../../docs/${name}.md`, import.meta.url), 'utf8')
const ISSUER = 'https://login.example'
const KEY = new Uint8Array(32)

describe('docs/http.md', () => {
  it('names every request that is served with all options', async () => {
    const appgrant = createAppGrant({
      store: memoryStore(),
      issuer: ISSUER,
      scopes: { read: 'Read' },
      signing: { current: await generateSigningKey() },
      revocationFeed: true,
      selfRegistration: { keys: [KEY], scopes: ['read'] },
      keyRing: [KEY],
      deviceGrant: { apps: () => true },
      pushedRequests: 'accepted',
    })
    const signIn = async () => ({ account: 'a' })
    const served = routesOf(appgrant, ISSUER, { signIn, browserRegistration: true, leakReports: {} })
    const rows = [...page('http').matchAll(/^\| (`(?:GET|POST|PUT|PATCH|DELETE)[^|]*) \|/gm)].map(
      ([, cell]) => cell ?? '',
    )
    // Of a query only the path counts.
    const told = rows.flatMap((cell) => [...cell.matchAll(/(\/[^`?]*)[`?]/g)].map(([, path]) => path))
    expect(served.map(({ path }) => path).filter((path) => !told.includes(path))).toEqual([])
  })
})

// The type checker fails if a field is missing here.
const FIELDS: Readonly<Record<keyof NewApp, true>> = {
  ...CHANGEABLE,
  owner: true,
  trusted: true,
  public: true,
  jwks: true,
  once: true,
}

describe('docs/apps.md', () => {
  it('has a row for every field of an app to register, and for nothing else', () => {
    const rows = [...page('apps').matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name)
    expect(rows.toSorted()).toEqual(Object.keys(FIELDS).toSorted())
  })
})
