import { expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { createAppGrant, type Store } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'

/** A store whose calls take a moment, and that knows how many were pending at most. */
function gauge() {
  const inner = memoryStore()
  const pending = { now: 0, most: 0 }
  const slowly =
    <Args extends unknown[], Result>(call: (...args: Args) => Promise<Result>) =>
    async (...args: Args) => {
      pending.most = Math.max(pending.most, ++pending.now)
      await new Promise(setImmediate)
      return call(...args).finally(() => pending.now--)
    }
  const store: Store = {
    ...inner,
    get: slowly(inner.get),
    replace: slowly(inner.replace),
    list: slowly(inner.list),
    count: slowly(inner.count),
    close: async () => {},
  }
  return { store, pending }
}

const TOKEN_IDS = Array.from({ length: 1000 }, (_, n) => `${n}`.padStart(22, '0'))

it('some calls with many ids or items leave room for a revocation (REV-7)', async () => {
  const { store } = gauge()
  // It is about calls that are pending, not about time.
  const appgrant = createAppGrant({ store, timeoutMs: 60_000 })
  const apps = await Promise.all(
    Array.from({ length: 100 }, () => appgrant.apps.register(exampleApp({ owner: 'org' }))),
  )
  const { app } = await appgrant.apps.register(exampleApp({ owner: 'other' }))
  const org = appgrant.as('org')
  const key = apps[0]?.app.key as string
  const removals = Array.from({ length: 15 }, () => org.tokens.remove({ app: key, account: 'org', ids: TOKEN_IDS }))
  const lists = Array.from({ length: 70 }, () => org.apps.list({ counts: true, limit: 100 }))
  const flood = Promise.allSettled([...removals, ...lists])
  for (let n = 0; n < 6; n++) {
    await appgrant.apps.suspend(app.key)
    await new Promise(setImmediate)
  }
  expect((await flood).filter(({ status }) => status === 'rejected')).toEqual([])
  // A number that was refused would be absent.
  for (const list of lists) for (const app of (await list).items) expect(app).toMatchObject({ instances: 0 })
})

it('what a removed app held is freed a few records at once (APP-14)', async () => {
  const { store, pending } = gauge()
  const appgrant = createAppGrant({ store })
  const { app, secret } = await appgrant.apps.register(exampleApp({ owner: 'org', trusted: true }))
  for (let n = 0; n < 250; n++) await appgrant.authorizer.clientCredentials({ key: app.key, secret })
  await appgrant.apps.remove(app.key)
  pending.most = 0
  await appgrant.close()
  expect(pending.most).toBeLessThanOrEqual(25)
})
