import type { Client } from './client.ts'
import type { Connection } from './connection.ts'
import type { Durability } from './durable-writes.ts'

const OLDEST = [6, 2] as const
const CLOCKS_DIFFER_MS = 1000

/** What the host told the store, and the checks go by. */
export interface Expectations {
  readonly durability: Durability | undefined
  readonly allowEviction: boolean
}

/**
 * Looks at every master that is in reach. Throws where the store cannot work or would lose what it must keep; says by
 * `process.emitWarning` what is risky.
 */
export async function checkServers(connection: Connection, expected: Expectations): Promise<void> {
  const client = await connection.ready()
  const masters = client.isCluster ? client.nodes('master') : [client]
  const failsOver = client.isCluster || Boolean(client.options.sentinels)
  for (const master of masters) {
    const facts = factsIn(await master.info())
    const { host, port } = master.options
    const where = client.options.sentinels ? 'the Redis master' : `Redis at ${host}:${port}`
    refuse(facts, where, { expected, isCluster: client.isCluster })
    warnOf(facts, where, { expected, failsOver })
    const off = await clockDifference(master)
    if (Math.abs(off) > CLOCKS_DIFFER_MS) {
      warn('APPGRANT_REDIS_CLOCK', `${where}: its clock is ${Math.round(off)} ms off this machine's`)
    }
  }
}

type Facts = ReadonlyMap<string, string>

function refuse(
  facts: Facts,
  where: string,
  { expected, isCluster }: { readonly expected: Expectations; readonly isCluster: boolean },
): void {
  const version = facts.get('redis_version') ?? ''
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    throw new Error(`${where}: version ${version} is too old, expected at least ${OLDEST.join('.')}`)
  }
  if (facts.get('role') !== 'master') throw new Error(`${where}: it is a replica, expected the master`)
  if (facts.get('cluster_enabled') === '1' && !isCluster) {
    throw new Error(`${where}: it is a node of a cluster, expected the client to be a Cluster of ioredis`)
  }
  const policy = facts.get('maxmemory_policy')
  if (policy !== 'noeviction' && !expected.allowEviction) {
    throw new Error(
      `${where}: maxmemory-policy is ${policy}, expected noeviction: a server that evicts forgets apps and what was revoked. Set it, or allow it by allowEviction`,
    )
  }
}

function warnOf(
  facts: Facts,
  where: string,
  { expected, failsOver }: { readonly expected: Expectations; readonly failsOver: boolean },
): void {
  if (facts.get('aof_enabled') !== '1') {
    warn(
      'APPGRANT_REDIS_PERSISTENCE',
      `${where}: appendonly is off: a restart brings back what was revoked since the last snapshot`,
    )
  }
  // INFO names the good replicas only where min-replicas-to-write is set.
  if (failsOver && !facts.has('min_slaves_good_slaves')) {
    warn(
      'APPGRANT_REDIS_MIN_REPLICAS',
      `${where}: min-replicas-to-write is not set: a master cut off from its replicas goes on accepting tokens`,
    )
  }
  const replicas = Number(facts.get('connected_slaves'))
  if (expected.durability && replicas !== expected.durability.replicas) {
    warn(
      'APPGRANT_REDIS_REPLICAS',
      replicas < expected.durability.replicas
        ? `${where}: ${replicas} replicas are connected, durability.replicas asks for ${expected.durability.replicas}: until they are, no revocation is confirmed`
        : `${where}: ${replicas} replicas are connected, durability.replicas is ${expected.durability.replicas}: one that is promoted may not have what was confirmed`,
    )
  }
}

/** INFO as names and values. */
function factsIn(info: string): Facts {
  return new Map(info.split('\r\n').map((line) => line.split(/:(.*)/s, 2) as [string, string]))
}

async function clockDifference(client: Client): Promise<number> {
  const sent = Date.now()
  const [seconds, microseconds] = await client.time()
  const received = Date.now()
  return Number(seconds) * 1000 + Number(microseconds) / 1000 - (sent + received) / 2
}

function warn(code: string, message: string): void {
  process.emitWarning(message, { type: 'AppGrantWarning', code })
}
