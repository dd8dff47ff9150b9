import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { type AppQuery, paginate } from '../../../src/index.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { codeOf, refusalOf } from '../../support/code-of.ts'
import { createFixture } from '../../support/fixture.ts'
import { DAY } from '../../support/session-fixture.ts'
import { unclosedStore } from '../../support/unclosed-store.ts'

/** Apps of `org`, a minute apart: 0 is of the type `system`, each second one is trusted, each third one is suspended. */
async function setUp(count = 9) {
  const fixture = createFixture()
  const { appgrant, clock } = fixture
  for (let n = 0; n < count; n++) {
    const type = n === 0 ? { apiType: 'system' } : {}
    const { app } = await appgrant.apps.register(
      exampleApp({ owner: 'org', name: `App ${n}`, trusted: n % 2 === 0, ...type }),
    )
    if (n % 3 === 0) await appgrant.apps.suspend(app.key)
    clock.advance(60_000)
  }
  const listed = async (query: AppQuery) => {
    const names: string[] = []
    const page = (cursor: string | undefined) => appgrant.apps.list({ owner: 'org', ...query, cursor })
    for await (const { name } of paginate(page)) names.push(name.slice(4))
    return names.join('')
  }
  return { ...fixture, listed }
}

describe('the order of listed apps', () => {
  it('is by registration, the oldest first unless the newest are asked for (LST-1, LST-5)', async () => {
    const { listed } = await setUp()
    for (const limit of [1, 2, 4, 50]) {
      expect(await listed({ limit })).toBe('012345678')
      expect(await listed({ limit, order: 'oldest' })).toBe('012345678')
      expect(await listed({ limit, order: 'newest' })).toBe('876543210')
    }
  })

  it('of the newest first has numbers and hides the apps of an earlier epoch too (ACC-7)', async () => {
    const { appgrant, tree, listed } = await setUp(3)
    const { items } = await appgrant.as('org').apps.list({ order: 'newest', counts: true, limit: 1 })
    expect(items).toMatchObject([{ name: 'App 2', instances: 0, liveTokens: 0 }])
    tree.set('org', { epoch: 'next' })
    expect((await appgrant.as('org').apps.list({ order: 'newest' })).items).toEqual([])
    expect(await listed({ order: 'newest' })).toBe('210')
  })

  it('is not that of another cursor (LST-5)', async () => {
    const { appgrant } = await setUp(3)
    const of = { owner: 'org', limit: 1 }
    const { nextCursor: cursor } = await appgrant.apps.list(of)
    expect(await codeOf(appgrant.apps.list({ ...of, cursor, order: 'newest' }))).toBe('invalid_cursor')
    expect(await codeOf(appgrant.apps.list({ ...of, cursor, order: 'oldest' }))).toBe('ok')
    expect(await codeOf(appgrant.apps.list({ ...of, cursor, trusted: false }))).toBe('invalid_cursor')
  })

  it('is only for the apps of an owner, and one of two', async () => {
    const { appgrant } = createFixture()
    for (const order of ['newest', 'oldest'] as const)
      expect((await refusalOf(appgrant.apps.list({ order }))).message).toContain('order: expected an order only with')
    const wrong = { owner: 'org', order: 'name' as 'newest' }
    expect((await refusalOf(appgrant.apps.list(wrong))).message).toContain('order: expected oldest or newest,')
  })
})

describe('filters of listed apps', () => {
  it('leave out the apps that are not suspended, trusted or of the API type, each and together', async () => {
    const { listed } = await setUp()
    expect(await listed({ suspended: true })).toBe('036')
    expect(await listed({ suspended: false })).toBe('124578')
    expect(await listed({ trusted: true })).toBe('02468')
    expect(await listed({ trusted: false, order: 'newest' })).toBe('7531')
    expect(await listed({ apiType: 'system' })).toBe('0')
    expect(await listed({ apiType: 'unified' })).toBe('')
    expect(await listed({ suspended: true, trusted: true, limit: 1 })).toBe('06')
    expect(await listed({ suspended: true, name: 'PP 3' })).toBe('3')
  })

  it('leave out the apps that were used, or registered and never used, later than so many days ago (APP-13)', async () => {
    const inner = memoryStore()
    const { appgrant, clock, node } = createFixture(inner)
    const register = (name: string) => appgrant.apps.register(exampleApp({ owner: 'org', trusted: true, name }))
    await register('0')
    clock.advance(1000)
    const { app, secret } = await register('1')
    clock.advance(15 * DAY)
    await register('2')
    clock.advance(5 * DAY)
    const used = node({ store: unclosedStore(inner) })
    await used.authorizer.clientCredentials({ key: app.key, secret })
    await used.close()
    clock.advance(11 * DAY)
    const listed = async (unusedDays: number | undefined, owner?: string) => {
      const { items } = await appgrant.apps.list({ unusedDays, owner })
      return items.map(({ name }) => name).join('')
    }
    expect(await listed(undefined)).toBe('012')
    for (const [days, names] of [
      [1, '012'],
      [11, '012'],
      [12, '02'],
      [16, '02'],
      [17, '0'],
      [31, '0'],
      [32, ''],
    ] as const)
      for (const owner of ['org', undefined]) expect(await listed(days, owner), `${days} days`).toBe(names)
  })

  it('apply to all apps of the host', async () => {
    const { appgrant } = await setUp(4)
    const names = (await appgrant.apps.list({ suspended: true })).items.map(({ name }) => name)
    expect(names.sort()).toEqual(['App 0', 'App 3'])
  })

  it.each([
    [{ suspended: 'true' }, 'suspended: expected true or false'],
    [{ trusted: null }, 'trusted: expected true or false'],
    [{ apiType: ['system'] }, 'apiType: expected a string'],
    [{ unusedDays: 0 }, 'unusedDays: expected an integer from 1 to 3650'],
    [{ unusedDays: 3651 }, 'unusedDays: expected an integer from 1 to 3650'],
    [{ unusedDays: 1.5 }, 'unusedDays: expected an integer from 1 to 3650'],
    [{ unusedDays: '30' }, 'unusedDays: expected an integer from 1 to 3650'],
    [{ idle: 30 }, 'query.idle: unknown member, expected unusedDays'],
    [{ api: 'system' }, 'query.api: unknown member, expected apiType'],
    [{ sort: 'newest' }, 'query.sort: unknown member, expected order'],
  ])('refuse %j (ERR-6)', async (query, message) => {
    const { appgrant, observed } = createFixture()
    expect((await refusalOf(appgrant.as('org').apps.list(query as AppQuery))).message).toContain(message)
    expect(observed.calls.list).toBe(0)
  })
})
