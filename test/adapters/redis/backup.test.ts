import { cpSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { redisStore } from '../../../adapters/redis/redis-store.ts'
import { testRestoring } from '../../suites/restoring.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { type RedisServer, redisServer, startRedis } from '../../support/servers/redis.ts'
import { until } from '../../support/servers/until.ts'

const WAYS = {
  'the RDB file': {
    options: [],
    name: 'dump.rdb',
    async backUp(client: Redis) {
      await client.bgsave()
      await finished(client, 'rdb_bgsave_in_progress')
      expect(await client.info('persistence')).toContain('rdb_last_bgsave_status:ok')
    },
  },
  'the folder of the AOF': {
    options: ['--appendonly', 'yes'],
    name: 'appendonlydir',
    async backUp(client: Redis) {
      // While it is copied, no rewrite may replace a file in it.
      await client.config('SET', 'auto-aof-rewrite-percentage', '0')
      await client.bgrewriteaof()
      await finished(client, 'aof_rewrite_in_progress')
      expect(await client.info('persistence')).toContain('aof_last_bgrewrite_status:ok')
    },
  },
} as const

const finished = (client: Redis, what: string) =>
  until('the server has written it', async () => (await client.info('persistence')).includes(`${what}:0`))

describeWith('a backup of Redis', redisServer, () => {
  describe.each(Object.entries(WAYS))('of %s', (_, { options, name, backUp }) => {
    let server: RedisServer
    const clients: Redis[] = []
    beforeAll(async () => {
      server = await startRedis(options)
    })
    afterAll(async () => {
      for (const client of clients) client.disconnect()
      await server?.stop()
    })
    const copy = (from: string, to: string) => {
      rmSync(join(server.folder, to), { recursive: true, force: true })
      cpSync(join(server.folder, from), join(server.folder, to), { recursive: true })
    }

    testRestoring({
      async open() {
        const client = new Redis({ ...server.address, lazyConnect: true })
        clients.push(client)
        return redisStore({ client, namespace: 'backup' })
      },
      async backUp() {
        await backUp(server.client)
        copy(name, 'backup')
      },
      async restore() {
        for (const client of clients) client.disconnect()
        await server.kill()
        copy('backup', name)
        await server.restart()
      },
    })
  })
})
