import { afterAll, beforeAll, expect, it } from 'vitest'
import { redisStore } from '../../../adapters/redis/redis-store.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { freePort } from '../../support/servers/free-port.ts'
import { drivers } from '../../support/servers/ioredis.ts'
import { type RedisServer, redisServer, startRedis } from '../../support/servers/redis.ts'
import { until } from '../../support/servers/until.ts'

const KEYS = 10_000
/** How long the server takes to load a key, in µs: in all far longer than prepare() waits. */
const LOAD_MICROS = 3000

describeWith('what redisStore().prepare() says of a server', redisServer, () => {
  let server: RedisServer
  beforeAll(async () => {
    server = await startRedis(['--enable-debug-command', 'yes', '--loading-process-events-interval-bytes', '1024'])
  })
  afterAll(() => server?.stop())

  const fixes = (message: RegExp, hint: RegExp) => ({
    code: 'store_unavailable',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  })
  const refusalOf = async (driver: (typeof drivers)[number], address: object) => {
    const store = redisStore({ client: driver.single({ ...server.address, ...address }) })
    const refusal = await store.prepare().then(
      () => 'prepared',
      (error: unknown) => error,
    )
    await store.close()
    return refusal
  }

  it.each(drivers)('nobody listens, $driver', async (driver) => {
    const refusal = await refusalOf(driver, { port: await freePort() })
    expect(refusal).toMatchObject(fixes(/no Redis server/, /host and the port/))
  })

  it.each(drivers)('a password is missing, wrong, or its user lacks a right, $driver', async (driver) => {
    await server.client.config('SET', 'requirepass', 'secret-of-the-server')
    await server.client.call('ACL', 'SETUSER', 'poor', 'reset', 'on', '>pw', '~*', '&*', '+@all', '-info')
    const without = await refusalOf(driver, {})
    const wrong = await refusalOf(driver, { username: 'poor', password: 'wrong' })
    const poor = await refusalOf(driver, { username: 'poor', password: 'pw' })
    await server.client.config('SET', 'requirepass', '')
    expect(without).toMatchObject(fixes(/wants a password/, /Give the client the password/))
    expect(wrong).toMatchObject(fixes(/refuses the user or its password/, /Correct the user name/))
    expect(poor).toMatchObject(fixes(/lacks a permission/, /docs\/redis.*ACL SETUSER/))
  })

  it.each(drivers)('it is loading its data, $driver', async (driver) => {
    const writing = server.client.pipeline()
    for (let key = 0; key < KEYS; key++) writing.set(`key:${key}`, 'x'.repeat(50))
    await writing.exec()
    const early = redisStore({ client: driver.single(server.address) })
    await early.get([{ kind: 'app', partition: 'p', id: 'none' }])
    await server.client.config('SET', 'key-load-delay', String(LOAD_MICROS))
    const other = server.client.duplicate()
    await other.ping()
    const loading = server.client.call('DEBUG', 'RELOAD')
    await until('it is loading', async () => {
      const found = await early.get([{ kind: 'app', partition: 'p', id: 'none' }]).catch(String)
      return String(found).includes('LOADING')
    })
    const [connected, opened] = await Promise.all([
      early.prepare().catch((error: unknown) => error),
      refusalOf(driver, {}),
    ])
    expect(connected).toMatchObject(fixes(/is loading its data/, /Repeat prepare\(\)/))
    expect(opened).toMatchObject(fixes(/does not serve commands yet/, /loading its data: repeat prepare\(\)/))
    await other.config('SET', 'key-load-delay', '0')
    await loading
    expect(await refusalOf(driver, {})).toBe('prepared')
    other.disconnect()
    await early.close()
  })
})
