import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { redisStore } from '../../../adapters/redis/redis-store.ts'
import { testCommandLine } from '../../suites/command-line.ts'
import { commandLine, resultsIn } from '../../support/command-line.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { type RedisServer, redisServer, startPair, startRedis } from '../../support/servers/redis.ts'

describeWith('the command line on Redis', redisServer, () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis()
  })
  const folder = mkdtempSync(join(tmpdir(), 'appgrant-doctor-'))
  afterAll(async () => {
    await server?.stop()
    rmSync(folder, { recursive: true })
  })
  const url = () => `redis://127.0.0.1:${server.port}`

  testCommandLine(() => {
    const namespace = randomUUID()
    return {
      args: ['--store', url(), '--namespace', namespace],
      failing: ['--store', 'redis://127.0.0.1:1'],
      open: async () => redisStore({ client: new Redis(url(), { lazyConnect: true }), namespace }),
    }
  }, commandLine)

  const doctor = async (change: readonly string[], env = {}) => {
    const [name = '', value = ''] = change
    const before = (await server.client.config('GET', name)) as string[]
    if (name) await server.client.config('SET', name, value)
    try {
      return await commandLine(['doctor', '--json', ...('APPGRANT_STORE' in env ? [] : ['--store', url()])], { env })
    } finally {
      if (name) await server.client.config('SET', name, before[1] ?? '')
    }
  }

  it('doctor names a Redis that evicts, and one that does not persist', async () => {
    const evicts = await doctor(['maxmemory-policy', 'allkeys-lru'])
    expect(evicts.code).toBe(1)
    expect(resultsIn(evicts)).toContainEqual({
      check: 'prepare',
      status: 'failed',
      message: expect.stringMatching(/maxmemory-policy is allkeys-lru, expected noeviction/),
    })
    const forgets = await doctor([])
    expect(forgets.code).toBe(0)
    expect(resultsIn(forgets)).toContainEqual(
      expect.objectContaining({ check: 'prepare', status: 'warning', code: 'APPGRANT_REDIS_PERSISTENCE' }),
    )
  })

  it('doctor names a master whose writes a failover loses, and replicas that the options expect', async () => {
    const { master, stop } = await startPair()
    try {
      const store = `redis://127.0.0.1:${master.port}`
      const plain = await commandLine(['doctor', '--json', '--store', store])
      expect(resultsIn(plain)).toContainEqual(
        expect.objectContaining({ check: 'prepare', status: 'warning', code: 'APPGRANT_REDIS_MIN_REPLICAS' }),
      )
      const file = join(folder, 'options.mjs')
      const load = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
      writeFileSync(
        file,
        `import { Redis } from ${JSON.stringify(import.meta.resolve('ioredis'))}
        import { redisStore } from ${load('../../../adapters/redis/redis-store.ts')}
        const client = new Redis('${store}', { lazyConnect: true })
        export const options = { store: redisStore({ client, durability: { replicas: 2, timeoutMs: 100 } }) }`,
      )
      const durable = await commandLine(['doctor', '--json', '--options', file])
      expect(resultsIn(durable)).toContainEqual(
        expect.objectContaining({ check: 'prepare', status: 'warning', code: 'APPGRANT_REDIS_REPLICAS' }),
      )
    } finally {
      await stop()
    }
  })

  it('doctor names a wrong password, and shows none', async () => {
    const before = await doctor(['requirepass', 'Geheim-1'], {
      APPGRANT_STORE: `redis://:Falsch%2D2@127.0.0.1:${server.port}`,
    })
    expect(before).toMatchObject({
      code: 1,
      out: expect.stringMatching(/refuses the user or its password.*Correct the user/),
    })
    expect(before.out + before.err).not.toMatch(/Falsch|Geheim/)
  })

  it('a command on a server that does not respond says so and did nothing', async () => {
    const ran = await commandLine(['apps', 'list', '--store', 'redis://127.0.0.1:1'])
    expect(ran).toEqual({
      code: 3,
      out: '',
      err: expect.stringMatching(/^appgrant: store_unavailable: .*ECONNREFUSED/s),
    })
    const found = await commandLine(['doctor', '--json', '--store', 'redis://127.0.0.1:1'])
    expect(found.out).toContain('Correct the host and the port')
  })
})
