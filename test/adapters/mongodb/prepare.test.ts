import type { MongoClient } from 'mongodb'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type MongoDb, mongoStore } from '../../../adapters/mongodb/mongo-store.ts'
import { describeWithMongo, freshName, preparedStore, quietly, storeOn } from '../../support/servers/mongo-target.ts'
import { until } from '../../support/servers/until.ts'
import { record } from './records.ts'

describe('mongoStore options', () => {
  it.each([undefined, null, {}, { collection: 1 }, 'mongodb://127.0.0.1/'])(
    'mongoStore with %o as db is a TypeError',
    (db) => {
      expect(() => mongoStore({ db: db as unknown as MongoDb })).toThrow(TypeError)
    },
  )
  it.each([null, '', 1, { $ne: '' }])('mongoStore with %o as collection is a TypeError', (collection) => {
    const db: MongoDb = { collection: () => ({}), command: async () => ({}) }
    expect(() => mongoStore({ db, collection: collection as unknown as string })).toThrow(TypeError)
  })
})

describeWithMongo('mongoStore().prepare()', (target) => {
  let client: MongoClient
  beforeAll(() => {
    client = target().connect()
  })
  afterEach(() => void vi.useRealTimers())
  const db = () => client.db('appgrant_tests')

  it('prepare() creates the indexes once, even if several nodes call it at once and again', async () => {
    const name = freshName()
    await quietly(async () => void (await Promise.all([1, 2, 3, 4].map(() => storeOn(client, name).prepare()))))
    await preparedStore(client, name)
    const indexes = await db().collection(name).indexes()
    expect(indexes.map((index) => index.name).toSorted()).toEqual([
      ...['_id_', 'appgrant_groups', 'appgrant_reclaim', 'appgrant_seats'],
    ])
  })

  it('prepare() creates missing indexes', async () => {
    const name = freshName()
    await preparedStore(client, name)
    await db().collection(name).dropIndex('appgrant_groups')
    await preparedStore(client, name)
    expect(await db().collection(name).indexExists('appgrant_groups')).toBe(true)
  })

  it('a list or count without prepare() says so, while get and replace work', async () => {
    const store = storeOn(client)
    const one = record({ groups: ['g'] })
    const group = { kind: 'thing', partition: 'p0', group: 'g' }
    expect(await store.insert(one)).toBe('inserted')
    await expect(store.list(group, { limit: 1 })).rejects.toMatchObject({ hint: expect.stringContaining('prepare()') })
    await expect(store.count(group, 0)).rejects.toMatchObject({ hint: expect.stringContaining('prepare()') })
    expect(await store.get([one])).toEqual([one])
    expect(await store.replace(one, { ...one, revision: 'next' })).toBe(true)
  })

  it('prepare() rejects a different index of the same name', async () => {
    const name = freshName()
    await db().collection(name).createIndex({ reclaimAt: 1 }, { name: 'appgrant_reclaim', expireAfterSeconds: 60 })
    await expect(storeOn(client, name).prepare()).rejects.toThrow(/appgrant_reclaim/)
  })

  it.each([
    ['collation', { collation: { locale: 'en', strength: 2 } }],
    ['capped', { capped: true, size: 4096 }],
  ])('prepare() rejects a collection with %s', async (what, options) => {
    const name = freshName()
    await db().createCollection(name, options)
    await expect(storeOn(client, name).prepare()).rejects.toThrow(what)
  })

  it('prepare() warns if the clocks differ by more than a second, and if there is no failover', async () => {
    const risky = target().layout === 'standalone' ? ['APPGRANT_MONGODB_STANDALONE'] : []
    const store = storeOn(client)
    expect(await quietly(() => store.prepare())).toEqual(risky)
    for (const skew of [-5000, 5000]) {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + skew })
      expect(await quietly(() => store.prepare())).toEqual(['APPGRANT_CLOCK_SKEW', ...risky])
      vi.useRealTimers()
    }
  })

  it('the server deletes expired records from a minute after their expiry', async () => {
    const name = freshName()
    const store = await preparedStore(client, name)
    const old = record({ groups: ['g'], expiresAt: Date.now() - 61_000 })
    const slack = record({ groups: ['g'], expiresAt: Date.now() - 30_000 })
    const lasting = record({ groups: ['g'] })
    const shortened = record({ groups: ['g'], expiresAt: Date.now() + 3_600_000 })
    const revived = record({ groups: ['g'], expiresAt: Date.now() + 3_600_000 })
    await Promise.all([old, slack, lasting, shortened, revived].map((one) => store.insert(one)))
    await store.replace(shortened, { ...old, id: shortened.id, revision: 'next' })
    await until('the expired are gone', async () => (await db().collection(name).countDocuments()) === 3, {
      withinMs: 100_000,
    })
    expect(await store.get([slack, lasting, revived])).toEqual([slack, lasting, revived])
    const [stored] = await db()
      .collection<{ _id: string }>(name)
      .find({ _id: `p0:thing:${lasting.id}` })
      .toArray()
    expect(stored).not.toHaveProperty('reclaimAt')
  })
})
