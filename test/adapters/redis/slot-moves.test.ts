import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { redisStore } from '../../../adapters/redis/redis-store.ts'
import type { Store, StoreRecord } from '../../../src/store/store.ts'
import { isNotApplied } from '../../../src/store/store.ts'
import { changed, groupOf, inMs, record, tombstone } from '../../../src/testing/sample-records.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { drivers } from '../../support/servers/ioredis.ts'
import { type RedisCluster, redisServer, startCluster } from '../../support/servers/redis.ts'
import { beginMove } from '../../support/servers/redis-slot-move.ts'
import { until } from '../../support/servers/until.ts'

const keyOf = ({ kind, partition, id }: StoreRecord) => `ag:{${partition}}:${kind}:${id}`
const groupKeyOf = ({ kind, partition }: StoreRecord, group: string) => `ag:{${partition}}:${kind}/${group}`
const WAYS = drivers.flatMap((driver) => [
  { ...driver, title: driver.driver, durability: undefined },
  { ...driver, title: `${driver.driver}, durable writes`, durability: { replicas: 1, timeoutMs: 300 } },
])

describeWith('redisStore while slots move', redisServer, () => {
  let servers: RedisCluster
  beforeAll(async () => {
    servers = await startCluster()
  })
  afterAll(() => servers?.stop())

  describe.each(WAYS)('$title', ({ cluster, title, durability }) => {
    const open = () => redisStore({ client: cluster(servers.nodes), durability })
    const partitionFor = (test: string) => `${title}-${test}`.replaceAll(/[^A-Za-z0-9]/g, '-')
    const withStores = async (body: (stores: { readonly store: Store; readonly other: Store }) => Promise<void>) => {
      const [store, other] = [open(), open()]
      try {
        const everywhere = Array.from({ length: 50 }, (_, n) => record({ partition: `p${n}` }))
        for (const one of [store, other])
          await until('every master is reached', async () => (await one.get(everywhere)).length > 0)
        await body({ store, other })
      } finally {
        await Promise.all([store.close(), other.close()])
      }
    }
    const inserted = async (store: Store, fields: Partial<StoreRecord>) => {
      const made = record(fields)
      expect(await store.insert(made)).toBe('inserted')
      return made
    }

    it('a moved slot is followed by the first call of each kind, on a connection that knew it elsewhere', async () => {
      await withStores(async ({ store, other }) => {
        const partition = partitionFor('moved')
        const app = await inserted(store, { partition })
        expect(await other.get([app])).toEqual([app])
        const move = await beginMove(servers, keyOf(app))
        await move.finish()
        const suspended = changed(app)
        expect(await other.replace(app, suspended)).toBe(true)
        expect(await store.get([app])).toEqual([suspended])
        expect(await store.insert(record({ partition }))).toBe('inserted')
      })
    })

    it('a half-moved slot is read completely, whichever node has the record', async () => {
      await withStores(async ({ store }) => {
        const partition = partitionFor('reads')
        const all = await Promise.all([1, 2, 3, 4].map(() => inserted(store, { partition, groups: ['g'] })))
        const move = await beginMove(servers, keyOf(all[0] as StoreRecord))
        await move.take(...all.slice(0, 2).map(keyOf))
        const absent = record({ partition })
        expect(await store.get([absent, ...all])).toEqual([undefined, ...all])
        expect((await store.list(groupOf('g', { partition }), { limit: 10 })).records).toHaveLength(4)
        await move.finish()
        expect(await store.get([absent, ...all])).toEqual([undefined, ...all])
      })
    })

    it('a revocation of one record works on either side of a half-moved slot', async () => {
      await withStores(async ({ store }) => {
        const partition = partitionFor('kills')
        const [gone, stays] = [
          await inserted(store, { partition, groups: ['owner'] }),
          await inserted(store, { partition, groups: ['owner'] }),
        ]
        const move = await beginMove(servers, keyOf(gone))
        await move.take(keyOf(gone))
        for (const app of [gone, stays]) {
          const killed = changed(app, { data: '"killed"' })
          expect(await store.replace(app, killed)).toBe(true)
          expect(await store.get([app])).toEqual([killed])
        }
        await move.finish()
      })
    })

    it('a removal waits until its record and list are on one side, and then succeeds', async () => {
      await withStores(async ({ store }) => {
        const partition = partitionFor('removals')
        const token = await inserted(store, { partition, groups: ['list'], expiresAt: inMs(60_000) })
        const move = await beginMove(servers, keyOf(token))
        await move.take(keyOf(token))
        const removal = store.replace(token, tombstone(token))
        await move.take(groupKeyOf(token, 'list'))
        expect(await removal).toBe(true)
        await move.finish()
        expect(await store.count(groupOf('list', { partition }), 0)).toBe(0)
      })
    })

    it('a write that is impossible until the move is done ends soon, as not applied', async () => {
      await withStores(async ({ store }) => {
        const partition = partitionFor('stuck')
        const there = await inserted(store, { partition, groups: ['list'] })
        const move = await beginMove(servers, keyOf(there))
        const fresh = record({ partition, groups: ['list'] })
        const begun = performance.now()
        const error = await store.insert(fresh).then(
          () => undefined,
          (reason: unknown) => reason,
        )
        expect(isNotApplied(error), String(error)).toBe(true)
        expect(performance.now() - begun).toBeLessThan(5000)
        await move.finish()
        expect(await store.insert(fresh)).toBe('inserted')
      })
    })
  })
})
