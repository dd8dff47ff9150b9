import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RedisClient, redisStore } from '../../adapters/redis/redis-store.ts'
import { isNotApplied, type Store } from '../../src/store/store.ts'
import { changed, inMs, record, tombstone } from '../../src/testing/sample-records.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { drivers } from '../support/servers/ioredis.ts'
import { type RedisServer, redisServer, startPair, startRedis } from '../support/servers/redis.ts'
import { until } from '../support/servers/until.ts'
import { revokeAndVerify, type Workload } from './revoke-and-verify.ts'
import { startProxy, type TcpProxy } from './tcp-proxy.ts'

async function withStores(clients: readonly RedisClient[], body: (...stores: Store[]) => Promise<void>) {
  const stores = clients.map((client) => redisStore({ client }))
  try {
    await body(...stores)
  } finally {
    await Promise.all(stores.map((store) => store.close()))
  }
}

describeWith('faults: redisStore on one server', redisServer, () => {
  let server: RedisServer
  let proxy: TcpProxy
  beforeAll(async () => {
    server = await startRedis(['--appendonly', 'yes', '--appendfsync', 'always'])
    proxy = await startProxy(server.address)
  })
  afterAll(async () => {
    await proxy?.close()
    await server?.stop()
  })

  describe.each(drivers)('$driver', ({ driver, single }) => {
    /** Traffic on the server, or through the proxy, around a fault, after which it must serve again. */
    const through = async (
      fault: string,
      body: (load: Workload) => Promise<void>,
      { by = server }: { readonly by?: { readonly address: object } } = {},
    ) => {
      await withStores([single(by.address), single(by.address)], async (writer, reader) => {
        const load = await revokeAndVerify(writer as Store, [reader as Store, writer as Store])
        try {
          await load.serves()
          await body(load)
          await load.serves()
        } finally {
          await load.end(`${driver}: ${fault}`)
        }
      })
    }
    const failing = (load: Workload, count: number) => {
      const before = load.failures()
      return until(`${count} calls failed`, () => load.failures() >= before + count)
    }

    it('a server killed with -9 and restarted has everything it acknowledged (REV-3)', async () => {
      await through('kill -9 and restart', async (load) => {
        await server.kill()
        await failing(load, 20)
        await server.restart()
      })
    })

    it('every call ends at its deadline while the server is stopped by SIGSTOP, and then the store continues', async () => {
      await through('SIGSTOP', async (load) => {
        server.signal('SIGSTOP')
        await failing(load, 40)
        server.signal('SIGCONT')
      })
    })

    it('flushing the scripts of the server again and again fails no call', async () => {
      await through('SCRIPT FLUSH', async (load) => {
        const before = load.failures()
        for (let round = 0; round < 50; round++) {
          await server.client.script('FLUSH')
          await server.client.ping()
        }
        await load.serves()
        expect(load.failures()).toBe(before)
      })
    })

    it('the store recovers whenever the connections of the server are killed', async () => {
      await through('CLIENT KILL', async (load) => {
        for (let round = 0; round < 10; round++) {
          await server.client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
          await load.serves()
        }
      })
    })

    it('the store recovers from connections cut at the n-th reply, which is lost', async () => {
      await through(
        'cut at the n-th reply',
        async (load) => {
          let connection = 0
          proxy.cutAtReply(() => 3 + (connection++ % 40))
          await failing(load, 40)
          proxy.heal()
        },
        { by: proxy },
      )
    })

    it('the store recovers from a reply held past the deadline', async () => {
      await through(
        'a reply held past the deadline',
        async (load) => {
          const release = proxy.hold('replies')
          await failing(load, 20)
          release()
        },
        { by: proxy },
      )
    })

    it('the store recovers from connections that go silent, as behind a firewall that forgot them', async () => {
      await through(
        'connections gone silent',
        async (load) => {
          proxy.silence()
          await failing(load, 10)
        },
        { by: proxy },
      )
    })

    it('a write whose reply was lost is not sent again and is not reported as not applied', async () => {
      await withStores([single(proxy.address)], async (store) => {
        if (!store) throw new Error('a store was asked for')
        const first = record()
        const app = changed(first)
        await store.insert(first)
        // The server knows the script by now.
        await store.replace(first, app)
        const next = changed(app)
        proxy.hold('replies')
        await server.client.config('RESETSTAT')
        const replaced = store.replace(app, next).catch((error: unknown) => error)
        await until(
          'it was executed',
          async () => (await server.client.get(`ag:{p0}:thing:${app.id}`))?.startsWith(next.revision) === true,
        )
        proxy.heal()
        const error = await replaced
        expect(error).toBeInstanceOf(Error)
        expect(isNotApplied(error)).toBe(false)
        expect(await store.get([app])).toEqual([next])
        expect(await server.client.info('commandstats')).toMatch(/cmdstat_evalsha:calls=1,/)
      })
    })

    it('a write that arrives after an acknowledged revocation restores nothing (S3A)', async () => {
      await withStores([single(proxy.address), single(server.address)], async (late, prompt) => {
        if (!late || !prompt) throw new Error('two stores were asked for')
        const app = record({ groups: ['owner'] })
        const token = record({ groups: ['list'], expiresAt: inMs(60_000) })
        expect([await late.insert(app), await late.insert(token)]).toEqual(['inserted', 'inserted'])
        const release = proxy.hold('requests')
        const resumed = late.replace(app, changed(app, { data: '"resumed"' })).catch((error: unknown) => error)
        const again = late.insert(token).catch((error: unknown) => error)
        const [dead, gone] = [changed(app, { data: '"dead"' }), tombstone(token)]
        expect(await Promise.all([prompt.replace(app, dead), prompt.replace(token, gone)])).toEqual([true, true])
        release()
        expect(await Promise.all([resumed, again])).toEqual([false, 'exists'])
        expect(await prompt.get([app, token])).toEqual([dead, gone])
      })
    })
  })
})

describeWith('faults: a master demoted without disconnecting its clients', redisServer, () => {
  it.each(drivers)(
    '$driver: a demoted master accepts nothing that the new master revoked (REV-3)',
    async ({ driver, single }) => {
      const pair = await startPair()
      try {
        await withStores([single(pair.master.address), single(pair.replica.address)], async (old, next) => {
          if (!old || !next) throw new Error('two stores were asked for')
          const app = record({ groups: ['owner'] })
          await old.insert(app)
          await until('the replica has it', async () => (await pair.replica.client.dbsize()) === 2)
          await pair.replica.client.replicaof('NO', 'ONE')
          await pair.master.client.replicaof('127.0.0.1', 1)
          const killed = changed(app)
          expect(await next.replace(app, killed)).toBe(true)
          let accepted = 0
          let longest = 0
          for (let round = 0; round < 50; round++) {
            const begun = performance.now()
            const found = await old.get([app]).catch(() => [undefined])
            longest = Math.max(longest, performance.now() - begun)
            if (found[0]?.revision === app.revision) accepted++
          }
          process.stdout.write(
            `faults: ${driver}: demoted without disconnecting anyone: longest call ${Math.round(longest)} ms, ${accepted} of 50 accepted after an acknowledged kill\n`,
          )
          expect(accepted).toBe(0)
          await pair.master.client.replicaof('NO', 'ONE')
          await until('it serves again', async () => (await old.get([app]))[0] !== undefined)
        })
      } finally {
        await pair.stop()
      }
    },
  )
})
