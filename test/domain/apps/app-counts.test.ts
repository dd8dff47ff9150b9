import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { type AppGrant, createAppGrant, type Store } from '../../../src/index.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { codeOf } from '../../support/code-of.ts'
import { createFixture } from '../../support/fixture.ts'
import { createSessionFixture } from '../../support/session-fixture.ts'

const OF_ORG = { owner: 'org', counts: true } as const
const registerMany = ({ apps }: AppGrant, count: number) =>
  Promise.all(Array.from({ length: count }, (_, n) => apps.register(exampleApp({ owner: 'org', name: `App ${n}` }))))

describe('the numbers of listed apps', () => {
  it('a page of 50 apps asks the directory once, and takes one list and one read (ACC-1, LST-1)', async () => {
    const { appgrant, observed, tree } = createFixture()
    await registerMany(appgrant, 60)
    for (const { apps } of [appgrant.as('org'), appgrant.as('provider')]) {
      const [before, asked] = [{ ...observed.calls }, tree.questions]
      const { items } = await apps.list(OF_ORG)
      expect(items.map(({ instances }) => instances)).toEqual(Array.from({ length: 50 }, () => 0))
      expect(tree.questions - asked).toBe(1)
      expect(observed.calls.list - before.list).toBe(1)
      expect(observed.calls.get - before.get).toBe(1)
    }
  })

  it('only apps on the page are counted, not all that a search finds', async () => {
    const { appgrant, observed } = createFixture()
    await registerMany(appgrant, 60)
    const before = observed.calls.count
    expect((await appgrant.apps.list({ ...OF_ORG, name: 'app', limit: 5 })).items).toHaveLength(5)
    expect(observed.calls.count - before).toBe(10)
  })

  it('a number that the store cannot say is absent, and not 0, and the apps are listed all the same (LST-1)', async () => {
    const { appgrant, store } = createFixture()
    await registerMany(appgrant, 3)
    const known = await appgrant.apps.list(OF_ORG)
    const plain = await appgrant.apps.list({ owner: 'org' })
    store.fail('count', 'before', 6)
    expect(await appgrant.apps.list(OF_ORG)).toEqual(plain)
    store.fail('count', 'before', 1)
    const { items } = await appgrant.apps.list(OF_ORG)
    expect(items.filter((app) => 'instances' in app)).toHaveLength(2)
    expect(items.filter((app) => 'liveTokens' in app)).toHaveLength(3)
    expect(await appgrant.apps.list(OF_ORG)).toEqual(known)
  })

  it('without the installs or the epoch of the owner only its live tokens are not known (LST-1, ERR-1)', async () => {
    const { appgrant, store, tree, key, start } = await createSessionFixture(async () => memoryStore())
    await start({ account: 'org' })
    store.fail('get', 'before')
    const [row] = (await appgrant.apps.list({ counts: true })).items
    expect(row).toMatchObject({ key, instances: 1 })
    expect(row).not.toHaveProperty('liveTokens')
    tree.setDown(true)
    expect((await appgrant.apps.list({ counts: true })).items).toEqual([row])
    tree.setDown(false)
    expect(await appgrant.apps.get(key, { counts: true })).toMatchObject({ instances: 1, liveTokens: 1 })
  })

  it('of a suspended app it is known whether the caller may resume it (REV-5)', async () => {
    const { appgrant } = createFixture()
    const { app } = await appgrant.apps.register(exampleApp({ owner: 'user' }))
    const standing = async ({ apps }: Pick<AppGrant, 'apps'>) => {
      const [listed] = (await apps.list({ owner: 'user', counts: true })).items
      const read = await apps.get(app.key, { counts: true })
      expect(listed?.mayResume).toBe(read?.mayResume)
      return read?.mayResume
    }
    const all = [appgrant.as('user'), appgrant.as('org'), appgrant.as('provider'), appgrant]
    expect(await Promise.all(all.map(standing))).toEqual([undefined, undefined, undefined, undefined])
    await appgrant.as('org').apps.suspend(app.key)
    expect(await Promise.all(all.map(standing))).toEqual([false, true, true, true])
    await appgrant.apps.suspend(app.key)
    expect(await Promise.all(all.map(standing))).toEqual([false, false, false, true])
    expect((await appgrant.apps.list({ counts: true })).items).toMatchObject([{ mayResume: true }])
  })

  it('an app whose owner has another epoch says so to those above, even if then nothing else is known (ACC-7)', async () => {
    const { appgrant, tree } = createFixture()
    const { app } = await appgrant.apps.register(exampleApp({ owner: 'org' }))
    expect(await appgrant.apps.get(app.key, { counts: true })).not.toHaveProperty('ownerReplaced')
    tree.set('org', { epoch: 'e2' })
    for (const { apps } of [appgrant.as('provider'), appgrant]) {
      expect((await apps.list(OF_ORG)).items).toMatchObject([{ ownerReplaced: true }])
      expect(await apps.get(app.key, { counts: true })).toMatchObject({ ownerReplaced: true })
    }
    tree.setDown(true)
    expect(await appgrant.apps.get(app.key, { counts: true })).toMatchObject({ key: app.key, instances: 0 })
  })

  it('a list that the store cannot read is an outage (ERR-1)', async () => {
    const { appgrant, store } = createFixture()
    store.fail('list', 'before')
    expect(await codeOf(appgrant.apps.list(OF_ORG))).toBe('store_unavailable')
  })
})

describe('the numbers of listed apps on a slow store', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }))
  afterEach(() => void vi.useRealTimers())

  /** A store whose lists take some time, and whose counts take another or for ever. */
  function slow({ listMs, countMs = Number.POSITIVE_INFINITY }: { listMs: number; countMs?: number }): Store {
    const inner = memoryStore()
    const wait = (ms: number) =>
      new Promise<void>((resolve) => void (ms === Number.POSITIVE_INFINITY || setTimeout(resolve, ms)))
    return {
      ...inner,
      list: (group, page) => wait(listMs).then(() => inner.list(group, page)),
      count: (group, after) => wait(countMs).then(() => inner.count(group, after)),
    }
  }

  async function msOf(call: () => Promise<unknown>): Promise<number> {
    const startedAt = performance.now()
    const ms = call().then(() => performance.now() - startedAt)
    await vi.runAllTimersAsync()
    return ms
  }

  it.each([
    ['at once', 0, 1000],
    ['in half of timeoutMs', 500, 1000],
    ['in nine tenths of timeoutMs', 900, 1100],
  ])(
    'do not keep apps that are listed %s waiting for longer than timeoutMs and a fifth (LST-1)',
    async (_, listMs, most) => {
      const appgrant = createAppGrant({ store: slow({ listMs }), timeoutMs: 1000 })
      await registerMany(appgrant, 60)
      let items: readonly object[] = []
      expect(
        await msOf(async () => {
          items = (await appgrant.apps.list(OF_ORG)).items
        }),
      ).toBeLessThanOrEqual(most)
      expect(items).toHaveLength(50)
      for (const item of items) expect(item).not.toHaveProperty('instances')
    },
  )

  it('are there if the store says them in time, and what comes later changes nothing', async () => {
    const appgrant = createAppGrant({ store: slow({ listMs: 0, countMs: 600 }), timeoutMs: 1000 })
    await registerMany(appgrant, 30)
    let items: readonly object[] = []
    await msOf(async () => {
      items = structuredClone((await appgrant.apps.list(OF_ORG)).items)
    })
    // 25 apps are counted at once.
    expect(items.filter((app) => 'instances' in app && 'liveTokens' in app)).toHaveLength(25)
  })
})
