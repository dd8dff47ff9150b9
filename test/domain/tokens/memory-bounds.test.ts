import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { createRandomText } from '../../../src/credentials/random.ts'
import { createCachingVerifier } from '../../../src/domain/tokens/caching-verifier.ts'
import { type Access, createAppGrant } from '../../../src/index.ts'
import { createCollection } from '../../../src/records/collection.ts'
import { createRetries } from '../../../src/records/retries.ts'
import type { RecordRef, Store } from '../../../src/store/store.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { noteRef, sharedNoteKind } from '../../records/note-kind.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')
const MB = 1_000_000

/** How much the heap holds, in bytes. */
function heapUsed(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

const SCOPES = Array.from({ length: 100 }, (_, n) => `scope-${n}.`.padEnd(100, 'x'))
/** Every field of an app as long as it may be. */
const FULL = {
  homepage: 'https://app.example/'.padEnd(2048, 'h'),
  image: 'https://app.example/'.padEnd(2048, 'i'),
  description: ''.padEnd(1024, 'd'),
  redirectUrls: Array.from({ length: 20 }, (_, n) => `https://app.example/${n}/`.padEnd(2048, 'r')),
  scopes: SCOPES,
}

describe('what is remembered of records', () => {
  it('20,000 records that nobody reads any more leave less than 5 MB, also if nothing else is read (ERR-7)', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
    onTestFinished(() => void vi.useRealTimers())
    const data = JSON.stringify({ text: 'x'.repeat(500) })
    const store: Store = {
      ...memoryStore(),
      get: async (refs) => refs.map((ref) => ({ ...ref, groups: [], position: 1, revision: `r${ref.id}`, data })),
    }
    const random = createRandomText()
    const collection = createCollection(store, { clock: Date.now, random, retries: createRetries(1000) })
    const before = heapUsed()
    for (let n = 0; n < 20_000; n++) await collection.load(sharedNoteKind, noteRef(`n${n}`))
    expect(heapUsed() - before).toBeGreaterThan(10 * MB)
    vi.advanceTimersByTime(3_600_000)
    expect(heapUsed() - before).toBeLessThan(5 * MB)
    expect(await collection.load(sharedNoteKind, noteRef('n1'))).toBeDefined()
  })

  it('10,000 changes of one app with full fields leave one version of it in memory (ERR-7)', async () => {
    const scopes = Object.fromEntries(SCOPES.map((scope) => [scope, scope]))
    const appgrant = createAppGrant({ store: memoryStore(), scopes })
    const { app } = await appgrant.apps.register(exampleApp(FULL))
    const change = (version: number) => appgrant.apps.update(app.key, { name: `Version ${version}` })
    await change(0)
    const before = heapUsed()
    for (let version = 1; version <= 10_000; version++) await change(version)
    const growth = heapUsed() - before
    expect((await appgrant.apps.get(app.key))?.name).toBe('Version 10000')
    // A version is about 60 kB, so all of them would be 600 MB.
    expect(growth).toBeLessThan(5 * MB)
  })
})

describe('the cache of acceptances', () => {
  /** A cache in front of a verifier that accepts everything, with records of its own behind each token but for its app. */
  function cache({ scope }: { readonly scope: string }) {
    const time = { now: 1_800_000_000_000 }
    const clock = () => time.now
    const app: RecordRef = { kind: 'a', partition: 'pp', id: 'app' }
    const accept = (text: string): Access => ({
      ok: true,
      kind: 'user',
      app: { key: app.id, name: 'App', owner: 'org' },
      account: `of-${text}`,
      // As a record gives it: text of its own, taken apart.
      scope: Buffer.from(scope).toString().split(' '),
      audience: [],
      tokenId: text,
      issuedAt: new Date(clock()),
      expiresAt: new Date(clock() + 3_600_000),
    })
    let asked = 0
    const verifier = createCachingVerifier(
      {
        async verify(text, restsOn) {
          asked++
          restsOn?.(['t', 'i', 's'].map((kind) => ({ kind, partition: 'pp', id: `${text}` })).concat(app))
          return accept(`${text}`)
        },
      },
      { watch: undefined, maxStalenessMs: () => 300_000, maxLength: 200, clock, steadyClock: clock },
    )
    return {
      time,
      asked: () => asked,
      verify: async (first: number, count: number) => {
        for (let n = first; n < first + count; n++) await verifier.tryVerify(`token-${n}`, { maxStalenessMs: 300_000 })
      },
    }
  }

  it('50,000 acceptances with 100 scopes of 100 characters stay within 100 MB (ERR-7)', async () => {
    const { verify, asked } = cache({ scope: SCOPES.join(' ') })
    const before = heapUsed()
    await verify(0, 50_000)
    // All of them would be 700 MB.
    expect(heapUsed() - before).toBeLessThan(100 * MB)
    // And the newest are remembered.
    await verify(49_000, 1000)
    expect(asked()).toBe(50_000)
  })

  it('150,000 small acceptances stay within 100 MB, what they rest on included (ERR-7)', async () => {
    const { verify, asked } = cache({ scope: 'read write' })
    const before = heapUsed()
    await verify(0, 150_000)
    // All of them would be 280 MB, the names of their records alone 130 MB.
    expect(heapUsed() - before).toBeLessThan(100 * MB)
    await verify(140_000, 10_000)
    expect(asked()).toBe(150_000)
  })

  it('50,000 acceptances that are older than any staleness leave less than 5 MB, also if nothing is verified any more (ERR-7)', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { verify, time } = cache({ scope: 'read write' })
    const before = heapUsed()
    await verify(0, 50_000)
    expect(heapUsed() - before).toBeGreaterThan(20 * MB)
    for (let passed = 0; passed < 900_000; passed += 300_000) {
      time.now += 300_000
      vi.advanceTimersByTime(300_000)
    }
    expect(heapUsed() - before).toBeLessThan(5 * MB)
  })

  it('is given back when it is older than any staleness, at the next use (ERR-7)', async () => {
    const { verify, time } = cache({ scope: 'read write' })
    const before = heapUsed()
    await verify(0, 20_000)
    expect(heapUsed() - before).toBeGreaterThan(20 * MB)
    time.now += 600_000
    await verify(20_000, 1)
    expect(heapUsed() - before).toBeLessThan(5 * MB)
  })
})
