import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { until } from './until.ts'

// Long, so that a machine under load sees no failover that no test asked for.
const NODE_TIMEOUT_MS = 8000

/** A server, or a sentinel, that a test started. */
export interface RedisServer {
  readonly port: number
  /** The same as options of a client. */
  readonly address: { readonly host: string; readonly port: number }
  /** A plain client of the test's own. */
  readonly client: Redis
  /** Where it writes. */
  readonly folder: string
  signal(signal: NodeJS.Signals): void
  /** Kills it and waits until it is gone. What it wrote stays. */
  kill(): Promise<void>
  /** Starts it again on the same port and folder. */
  restart(): Promise<void>
  /** Kills it and removes its folder. */
  stop(): Promise<void>
}

/** A `redis-server` to start, if this machine has one. */
export const redisServer = {
  found: spawnSync('redis-server', ['--version']).status === 0 ? ('redis-server' as const) : undefined,
  missing: 'no redis-server on the PATH: apt-get install redis-server',
}

/** A single server to keep records in: the one that REDIS_URL names, else one that can be started. */
export const anyRedis = {
  found: process.env.REDIS_URL ?? redisServer.found,
  missing: `no REDIS_URL, and ${redisServer.missing}`,
}

/** Where a single server is, as options of a client, and how to stop it. */
export interface SingleRedis {
  readonly address: object
  stop(): Promise<void>
}

export async function singleRedis(): Promise<SingleRedis> {
  const url = process.env.REDIS_URL
  if (!url) {
    const { address, stop } = await startRedis()
    return { address, stop }
  }
  const { hostname, port, username, password, pathname, protocol } = new URL(url)
  const address = {
    host: hostname,
    port: Number(port || 6379),
    db: Number(pathname.slice(1) || 0),
    ...(password && { username: decodeURIComponent(username), password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
  }
  return { address, stop: async () => {} }
}

export async function startRedis(options: readonly string[] = []): Promise<RedisServer> {
  return await start(await freePort(), ['--save', '', '--appendonly', 'no', ...options], [])
}

/** Three masters with a replica each. */
export interface RedisCluster {
  readonly servers: readonly RedisServer[]
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  /** The server that holds the slot of a key as a master. */
  masterOf(key: string): Promise<RedisServer>
  replicaOf(master: RedisServer): Promise<RedisServer>
  stop(): Promise<void>
}

/** @param options.nodeTimeoutMs - after how long the other nodes consider a master down. */
export async function startCluster({
  nodeTimeoutMs = NODE_TIMEOUT_MS,
}: {
  readonly nodeTimeoutMs?: number
} = {}): Promise<RedisCluster> {
  const servers = await startAll(6, () => [
    '--save',
    '',
    '--cluster-enabled',
    'yes',
    '--cluster-node-timeout',
    String(nodeTimeoutMs),
    '--repl-diskless-sync-delay',
    '0',
    // A replica is announced to clients once it has heard of its master.
    '--repl-ping-replica-period',
    '1',
    '--cluster-config-file',
    'nodes.conf',
  ])
  const stop = () => stopAll(servers)
  try {
    await formCluster(servers)
  } catch (error) {
    await stop()
    throw error
  }
  const nodes = servers.map(({ address }) => address)
  const running = () => servers.filter(({ client }) => client.status === 'ready')
  return {
    servers,
    nodes,
    async masterOf(key) {
      let found: RedisServer | undefined
      await until(`the slot of ${key} has a master`, async () => {
        const asked = running()[0] as RedisServer
        const slot = await asked.client.cluster('KEYSLOT', key)
        const shards = await asked.client.cluster('SLOTS')
        const port = shards.find(([from, to]) => from <= slot && slot <= to)?.[2]?.[1]
        found = running().find((server) => server.port === port)
        return found !== undefined
      })
      return found as RedisServer
    },
    async replicaOf(master) {
      for (const server of running()) {
        const [role, , port] = await server.client.role()
        if (role === 'slave' && port === master.port) return server
      }
      throw new Error(`nothing replicates ${master.port}`)
    },
    stop,
  }
}

/** A master and its replica, without sentinels. */
export async function startPair(): Promise<{
  readonly master: RedisServer
  readonly replica: RedisServer
  stop(): Promise<void>
}> {
  const servers = await startAll(2, () => ['--repl-diskless-sync-delay', '0'])
  const [master, replica] = servers as [RedisServer, RedisServer]
  await replicate(replica, master)
  return { master, replica, stop: () => stopAll(servers) }
}

/** Makes a server a replica, and waits until it has all that the master has. */
export async function replicate(replica: RedisServer, master: RedisServer): Promise<void> {
  await replica.client.replicaof('127.0.0.1', master.port)
  await until('the replica is linked', async () =>
    (await replica.client.info('replication')).includes('master_link_status:up'),
  )
  await until('the master counts on it', async () => (await master.client.info('replication')).includes('state=online'))
  // It may still be busy with what it got, for longer than a test lets a write wait.
  await master.client.set('of-the-test:linked', 1, 'PX', 1)
  await until('it confirms a write', async () => (await master.client.wait(1, 1000)) === 1)
}

/** A master and a replica, watched by three sentinels. */
export interface SentinelGroup {
  readonly name: string
  readonly sentinels: readonly { readonly host: string; readonly port: number }[]
  readonly servers: readonly RedisServer[]
  master(): Promise<RedisServer>
  /** Asks for a planned failover. */
  failover(): Promise<void>
  stop(): Promise<void>
}

export async function startSentinelGroup(): Promise<SentinelGroup> {
  const name = 'group'
  // A master that comes back empty may be promoted: what it acknowledged must be in its file.
  const servers = await startAll(2, () => ['--save', '', '--appendonly', 'yes', '--repl-diskless-sync-delay', '0'])
  const all = [...servers]
  const stop = () => stopAll(all)
  try {
    const [master, replica] = servers as [RedisServer, RedisServer]
    await replicate(replica, master)
    for (let count = 0; count < 3; count++) all.push(await startSentinel(name, master.port))
    const sentinels = all.slice(2)
    const first = sentinels[0] as RedisServer
    const current = async () => {
      const [, port] = (await first.client.call('SENTINEL', 'get-master-addr-by-name', name)) as [string, string]
      return servers.find((server) => server.port === Number(port)) as RedisServer
    }
    await until('the sentinels know each other and the replica', async () => {
      const known = await Promise.all(
        sentinels.map(async ({ client }) => ({
          master: String(await client.call('SENTINEL', 'master', name)),
          replicas: String(await client.call('SENTINEL', 'replicas', name)),
        })),
      )
      return known.every(
        ({ master, replicas }) =>
          master.includes('num-other-sentinels,2') && replicas.includes('master-link-status,ok'),
      )
    })
    return {
      name,
      sentinels: sentinels.map(({ address }) => address),
      servers,
      master: current,
      failover: async () => void (await first.client.call('SENTINEL', 'FAILOVER', name)),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function startSentinel(name: string, masterPort: number): Promise<RedisServer> {
  // A sentinel pings once a second: with less than two seconds it considers a master that it has just connected to down.
  const config = [
    `sentinel monitor ${name} 127.0.0.1 ${masterPort} 2`,
    `sentinel down-after-milliseconds ${name} 2500`,
    `sentinel failover-timeout ${name} 6000`,
  ]
  return await start(await freePort(), ['--sentinel'], config)
}

async function startAll(count: number, options: () => readonly string[]): Promise<RedisServer[]> {
  const started: RedisServer[] = []
  try {
    for (let index = 0; index < count; index++) started.push(await startRedis(options()))
  } catch (error) {
    await stopAll(started)
    throw error
  }
  return started
}

async function stopAll(servers: readonly RedisServer[]): Promise<void> {
  await Promise.all(servers.map((server) => server.stop()))
}

async function start(port: number, options: readonly string[], config: readonly string[]): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'appgrant-redis-'))
  writeFileSync(join(folder, 'redis.conf'), [`port ${port}`, 'bind 127.0.0.1', `dir ${folder}`, ...config].join('\n'))
  const client = new Redis({ port, host: '127.0.0.1', lazyConnect: true, retryStrategy: () => 50 })
  client.on('error', () => {})
  let child: ChildProcess
  const killAtExit = () => child.kill('SIGKILL')
  process.once('exit', killAtExit)

  const run = async () => {
    let output = ''
    child = spawn('redis-server', [join(folder, 'redis.conf'), ...options], { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (data) => {
        output = (output + data).slice(-2000)
      })
    }
    await until(`redis-server answers on ${port}`, async () => {
      if (child.exitCode !== null) throw new Error(`redis-server stopped: ${output}`)
      if (client.status === 'wait' || client.status === 'end') await client.connect()
      return client.status === 'ready' && (await client.ping()) === 'PONG'
    })
  }
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  const stop = async () => {
    client.disconnect()
    await kill()
    process.off('exit', killAtExit)
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    await run()
  } catch (error) {
    await stop()
    throw error
  }
  return {
    port,
    address: { host: '127.0.0.1', port },
    client,
    folder,
    signal: (signal) => void child.kill(signal),
    kill,
    restart: run,
    stop,
  }
}

async function formCluster(servers: readonly RedisServer[]): Promise<void> {
  const masters = servers.slice(0, 3)
  const [first] = masters as [RedisServer]
  for (const [index, { client }] of masters.entries()) {
    await client.cluster('ADDSLOTS', ...slotsOf(index))
  }
  for (const [index, { client }] of servers.entries()) {
    await client.cluster('SET-CONFIG-EPOCH', index + 1)
    if (index > 0) await client.cluster('MEET', '127.0.0.1', first.port)
  }
  await until('all nodes know each other', async () => {
    const known = await Promise.all(servers.map(async ({ client }) => String(await client.cluster('NODES'))))
    return known.every((nodes) => nodes.trim().split('\n').length === 6 && !nodes.includes('handshake'))
  })
  for (const [index, master] of masters.entries()) {
    const replica = servers[index + 3] as RedisServer
    await replica.client.cluster('REPLICATE', String(await master.client.cluster('MYID')))
  }
  await waitUntilWhole({ servers })
}

/** Waits until every node finds the cluster healthy, and three replicas have everything their masters have. */
export async function waitUntilWhole({ servers }: Pick<RedisCluster, 'servers'>): Promise<void> {
  await until(
    'the cluster is whole',
    async () => {
      const states = await Promise.all(
        servers.map(async ({ client }) => String(await client.cluster('INFO')) + (await client.info('replication'))),
      )
      const linked = states.filter((state) => /role:slave.*master_link_status:up/s.test(state))
      const agree = new Set(
        await Promise.all(servers.map(async ({ client }) => slotsByPort(await client.cluster('SLOTS')))),
      )
      return states.every((state) => state.includes('cluster_state:ok')) && linked.length === 3 && agree.size === 1
    },
    { withinMs: 40_000 },
  )
}

function slotsByPort(slots: readonly (readonly unknown[])[]): string {
  return slots
    .map(([from, to, master]) => `${from}-${to} ${(master as readonly unknown[])[1]}`)
    .sort()
    .join()
}

/** The slots of the master at `index` out of three. */
function slotsOf(index: number): number[] {
  const size = Math.ceil(16384 / 3)
  return Array.from({ length: 16384 }, (_, slot) => slot).slice(index * size, (index + 1) * size)
}

/** A port that is free, with the one 10000 above it, which a cluster's nodes talk over. */
async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = 20_000 + Math.floor(Math.random() * 30_000)
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port
  }
  throw new Error('no free port')
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
