import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { redisStore } from '../../../adapters/redis/redis-store.ts'
import { createConsole } from '../../../src/console/create-console.ts'
import { createAppGrant, type Store } from '../../../src/index.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { accountTree } from '../../support/account-tree.ts'
import { NO_LIMITS } from '../../support/limits.ts'
import { observedStore } from '../../support/observed-store.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { drivers } from '../../support/servers/ioredis.ts'
import { anyRedis, type SingleRedis, singleRedis } from '../../support/servers/redis.ts'

const ORIGIN = 'https://login.example'

/** The store, and in how many turns of the event loop something was counted. */
function withTurns(inner: Store): { readonly store: Store; readonly turns: { count: number } } {
  const turns = { count: 0 }
  let isCounted = false
  const count: Store['count'] = (group, after) => {
    if (!isCounted) {
      turns.count++
      isCounted = true
      setImmediate(() => {
        isCounted = false
      })
    }
    return inner.count(group, after)
  }
  return { store: { ...inner, count }, turns }
}

describeWith('a page of 50 apps over Redis', anyRedis, () => {
  let server: SingleRedis
  beforeAll(async () => {
    server = await singleRedis()
  })
  afterAll(() => server?.stop())

  it('asks the directory twice, lists once, reads once, and counts in a few turns (ACC-1, LST-1)', async () => {
    const [newest] = drivers as [(typeof drivers)[number]]
    const observed = observedStore(redisStore({ client: newest.single(server.address), namespace: 'console' }))
    const { store, turns } = withTurns(observed)
    const tree = accountTree()
    const appgrant = createAppGrant({ store, directory: tree, issuer: ORIGIN, limits: NO_LIMITS, timeoutMs: 30_000 })
    const names = { calls: 0 }
    const pages = createConsole(appgrant, {
      signIn: async () => ({ account: 'provider', login: 'petra' }),
      accounts: {
        async names(ids) {
          names.calls++
          return Object.fromEntries(ids.map((id) => [id, id.toUpperCase()]))
        },
      },
    })
    await Promise.all(
      Array.from({ length: 60 }, (_, n) => appgrant.apps.register(exampleApp({ owner: 'org', name: `App ${n}` }))),
    )
    const before = { ...observed.calls, questions: tree.questions, turns: turns.count }
    const response = await pages(new Request(`${ORIGIN}/console/apps?for=org`))
    const page = await response.text()
    expect([response.status, page.match(/role="rowheader"/g)?.length]).toEqual([200, 50])
    expect(tree.questions - before.questions).toBeLessThanOrEqual(2)
    const { list, get, count } = observed.calls
    expect({ list: list - before.list, get: get - before.get, count: count - before.count }).toEqual({
      list: 1,
      get: 1,
      count: 100,
    })
    expect(turns.count - before.turns).toBeLessThanOrEqual(4)
    expect(names.calls).toBe(1)
    expect(gzipSync(page).length).toBeLessThanOrEqual(10 * 1024)
    await appgrant.close()
  })
})
