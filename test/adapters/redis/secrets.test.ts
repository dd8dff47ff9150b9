import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type RedisStoreOptions, redisStore } from '../../../adapters/redis/redis-store.ts'
import { startProxy } from '../../faults/tcp-proxy.ts'
import { CANARIES, canaryRecord, type Listener, listenForCanaries } from '../../support/canaries.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { drivers, oldestDrivers } from '../../support/servers/ioredis.ts'
import { type RedisServer, redisServer, startRedis } from '../../support/servers/redis.ts'

const { password } = CANARIES
const ALL = ['~*', '&*', '+@all']
/** Everything but what the store cannot start without, so that each command is refused in its turn. */
const READY = ['~*', '&*', '-@all', '+info', '+hello', '+client', '+role', '+cluster', '+time', '+ping']

describeWith('secrets in the errors of redisStore', redisServer, () => {
  let server: RedisServer
  let listener: Listener
  beforeAll(async () => {
    server = await startRedis()
  })
  afterAll(() => server?.stop())
  beforeEach(() => {
    listener = listenForCanaries()
  })
  afterEach(async () => {
    listener.stop()
    await server.client.config('SET', 'maxclients', '10000')
    await server.client.config('SET', 'maxmemory', '0')
  })

  describe.each([...drivers, ...oldestDrivers])('$driver', ({ single }) => {
    const rights = (user: string, given: readonly string[]) =>
      server.client.call('ACL', 'SETUSER', user, 'reset', 'on', `>${password}`, ...given)
    const using = async (
      body: (store: ReturnType<typeof redisStore>) => Promise<void>,
      { address = {}, ...options }: Partial<RedisStoreOptions> & { readonly address?: object } = {},
    ) => {
      const client = single({ ...server.address, username: 'canary', password, ...address })
      const store = redisStore({ client, namespace: 'secrets', ...options })
      try {
        await body(store)
      } finally {
        await store.close()
      }
    }
    const failsWithoutCanaries = async (least: number, options: Parameters<typeof using>[1] = {}) => {
      await using(async (store) => {
        expect(await listener.callAll(store)).toBeGreaterThanOrEqual(least)
      }, options)
      listener.expectNoCanaries()
    }

    it('a server at maxclients shows no password (ERR-8)', async () => {
      await rights('canary', ALL)
      await server.client.config('SET', 'maxclients', '1')
      await failsWithoutCanaries(10)
    })

    it('a user that was switched off, and a wrong password, show no password (ERR-8)', async () => {
      await rights('canary', [...ALL, 'off'])
      await failsWithoutCanaries(10)
      await rights('canary', [...ALL, 'resetpass', '>another'])
      await failsWithoutCanaries(10)
    })

    it('a user that is switched off while it is connected shows nothing (ERR-8)', async () => {
      await rights('canary', ALL)
      await using(async (store) => {
        await store.insert(canaryRecord())
        await rights('canary', [...ALL, 'off'])
        await server.client.call('CLIENT', 'KILL', 'USER', 'canary')
        expect(await listener.callAll(store)).toBeGreaterThanOrEqual(5)
      })
      listener.expectNoCanaries()
    })

    it('a user without EVALSHA, without EVAL, and without any command shows no record (ERR-8)', async () => {
      await rights('canary', [...ALL, '-evalsha'])
      await failsWithoutCanaries(4)
      await rights('canary', [...ALL, '-eval'])
      await server.client.script('FLUSH')
      await failsWithoutCanaries(4)
      await rights('canary', READY)
      await failsWithoutCanaries(8)
    })

    it('a user without the keys, without the commands of the scripts and without the channel shows no record (ERR-8)', async () => {
      await rights('canary', ['~other:*', '&*', '+@all'])
      await failsWithoutCanaries(6)
      await rights('canary', [...ALL, '-set', '-zadd'])
      await failsWithoutCanaries(3)
      await rights('canary', ['~*', 'resetchannels', '+@all'])
      await failsWithoutCanaries(1)
    })

    it('a server over maxmemory, and one that is read-only, show no record (ERR-8)', async () => {
      await rights('canary', ALL)
      await server.client.config('SET', 'maxmemory', '1')
      await failsWithoutCanaries(3)
      await server.client.config('SET', 'maxmemory', '0')
      await server.client.replicaof('127.0.0.1', 1)
      try {
        await failsWithoutCanaries(3)
      } finally {
        await server.client.replicaof('NO', 'ONE')
      }
    })

    it('too few replicas show no record (ERR-8)', async () => {
      await rights('canary', ALL)
      await failsWithoutCanaries(2, { durability: { replicas: 1, timeoutMs: 20 } })
    })

    it('a value of a wrong type, and one that appgrant did not write, are not shown (ERR-8)', async () => {
      await rights('canary', ALL)
      const app = canaryRecord()
      const key = `secrets:{p0}:thing:${app.id}`
      await using(async (store) => {
        for (const write of [
          () => server.client.set(key, CANARIES.data),
          () => server.client.sadd(key, CANARIES.data),
        ]) {
          await write()
          for (const call of [store.get([app]), store.replace(app, canaryRecord({ id: app.id })), store.insert(app)])
            await listener.catching(call)
          await server.client.del(key)
        }
        await server.client.set(`secrets:{p0}:thing/${CANARIES.group}`, CANARIES.data)
        expect(await listener.callAll(store)).toBeGreaterThanOrEqual(3)
        await server.client.del(`secrets:{p0}:thing/${CANARIES.group}`)
      })
      listener.expectNoCanaries()
    })

    it('a connection that is cut, and a server that is not there, show nothing (ERR-8)', async () => {
      await rights('canary', ALL)
      const proxy = await startProxy(server.address)
      try {
        await using(
          async (store) => {
            await store.insert(canaryRecord())
            let connection = 0
            proxy.cutAtReply(() => 2 + (connection++ % 7))
            await listener.callAll(store)
          },
          { address: proxy.address },
        )
      } finally {
        await proxy.close()
      }
      await failsWithoutCanaries(10, { address: proxy.address })
    })

    it('a server on which commands were renamed quotes arguments, and none of them is shown (ERR-8)', async () => {
      for (const command of ['EVALSHA', 'EVAL', 'AUTH', 'SUBSCRIBE', 'ZCOUNT']) {
        const renamed = await startRedis(['--rename-command', command, 'renamed'])
        try {
          await renamed.client.call('ACL', 'SETUSER', 'canary', 'on', `>${password}`, ...ALL)
          await using(
            async (store) => {
              await listener.callAll(store)
            },
            { address: renamed.address },
          )
        } finally {
          await renamed.stop()
        }
      }
      listener.expectNoCanaries()
    })
  })
})
