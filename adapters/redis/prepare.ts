import { unusableStore } from '../../src/base/unusable-store.ts'
import type { Client } from './client.ts'
import type { Connection } from './connection.ts'
import type { Durability } from './durable-writes.ts'
import { withFix } from './errors.ts'
import { timeOf } from './server-time.ts'

const MIN_VERSION = [6, 2] as const
const CLOCKS_DIFFER_MS = 1000
// Nothing waits for `prepare()` but the start of the host: names are resolved, and a cluster's slots loaded.
export const PATIENCE_AT_START_MS = 3000

/** The options of the store that the checks depend on. */
export interface Expectations {
  readonly durability: Durability | undefined
  readonly allowEviction: boolean
}

/**
 * Checks every master that can be reached. Throws if the store cannot work there or would lose data that it must keep,
 * and warns about risky settings through `process.emitWarning`.
 */
export async function checkServers(connection: Connection, expected: Expectations): Promise<void> {
  try {
    await checkMasters(connection, expected)
  } catch (error) {
    throw withFix(error)
  }
}

async function checkMasters(connection: Connection, expected: Expectations): Promise<void> {
  const client = await connection.ready(PATIENCE_AT_START_MS)
  const masters = client.isCluster ? client.nodes('master') : [client]
  const failsOver = client.isCluster || Boolean(client.options.sentinels)
  for (const master of masters) {
    const info = parseInfo(await master.info())
    const { host, port } = master.options
    const where = client.options.sentinels ? 'the Redis master' : `Redis at ${host}:${port}`
    refuse(info, where, { expected, isCluster: client.isCluster })
    warnOf(info, where, { expected, failsOver })
    const off = await clockDifference(master)
    if (Math.abs(off) > CLOCKS_DIFFER_MS) {
      warn('APPGRANT_REDIS_CLOCK', `${where}: its clock differs from this machine's by ${Math.round(off)} ms`)
    }
  }
}

type Info = ReadonlyMap<string, string>

function refuse(
  info: Info,
  where: string,
  { expected, isCluster }: { readonly expected: Expectations; readonly isCluster: boolean },
): void {
  if (info.get('loading') === '1')
    throw unusableStore(`${where}: the server is loading its data`, 'Repeat prepare() when it has.')
  const version = info.get('redis_version') ?? ''
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < MIN_VERSION[0] || (major === MIN_VERSION[0] && minor < MIN_VERSION[1])) {
    throw unusableStore(
      `${where}: version ${version} is too old, expected at least ${MIN_VERSION.join('.')}`,
      'Update the server, or use another one.',
    )
  }
  if (info.get('role') !== 'master')
    throw unusableStore(
      `${where}: it is a replica, expected the master`,
      'Connect the client to the master: through Sentinel, or with the address of the master.',
    )
  if (info.get('cluster_enabled') === '1' && !isCluster) {
    throw unusableStore(
      `${where}: it is a node of a cluster, expected the client to be a Cluster of ioredis`,
      'Pass new Redis.Cluster([…]) as `client`.',
    )
  }
  const policy = info.get('maxmemory_policy')
  if (policy !== 'noeviction' && !expected.allowEviction) {
    throw unusableStore(
      `${where}: maxmemory-policy is ${policy}, expected noeviction: eviction deletes apps and can undo revocations`,
      'CONFIG SET maxmemory-policy noeviction, and the same in redis.conf; or set the option `allowEviction`.',
    )
  }
}

function warnOf(
  info: Info,
  where: string,
  { expected, failsOver }: { readonly expected: Expectations; readonly failsOver: boolean },
): void {
  if (info.get('aof_enabled') !== '1') {
    warn(
      'APPGRANT_REDIS_PERSISTENCE',
      `${where}: appendonly is off: a restart undoes every revocation since the last snapshot`,
    )
  }
  const replicas = Number(info.get('connected_slaves'))
  // A master with replicas is replaced by one of them, whatever decides it. INFO reports the good ones only if
  // min-replicas-to-write is set.
  if ((failsOver || (replicas > 0 && !expected.durability)) && !info.has('min_slaves_good_slaves')) {
    warn(
      'APPGRANT_REDIS_MIN_REPLICAS',
      `${where}: min-replicas-to-write is not set: a master cut off from its replicas acknowledges writes that a failover loses`,
    )
  }
  if (expected.durability && replicas !== expected.durability.replicas) {
    warn(
      'APPGRANT_REDIS_REPLICAS',
      replicas < expected.durability.replicas
        ? `${where}: ${replicas} replicas are connected, durability.replicas is ${expected.durability.replicas}: no revocation is confirmed until that many are connected`
        : `${where}: ${replicas} replicas are connected, durability.replicas is ${expected.durability.replicas}: a failover may promote a replica that lacks a confirmed write`,
    )
  }
}

/** The fields of an INFO reply. */
function parseInfo(info: string): Info {
  return new Map(info.split('\r\n').map((line) => line.split(/:(.*)/s, 2) as [string, string]))
}

async function clockDifference(client: Client): Promise<number> {
  const sent = Date.now()
  const time = await timeOf(client)
  return time - (sent + Date.now()) / 2
}

function warn(code: string, message: string): void {
  process.emitWarning(message, { type: 'AppGrantWarning', code })
}
