import { invalidOption } from '../../src/base/errors.ts'
import { assertOptions, knownMembers } from '../../src/base/known-members.ts'
import { type Store, sanitizeError } from '../../src/store.ts'
import type { RedisClient } from './client.ts'
import { openConnection } from './connection.ts'
import { type Durability, durableWrites } from './durable-writes.ts'
import { refusalIn, translated } from './errors.ts'
import { keyspace } from './keys.ts'
import { checkServers, PATIENCE_AT_START_MS } from './prepare.ts'
import { reads } from './reads.ts'
import { scriptRunner } from './run-script.ts'
import { serverTime } from './server-time.ts'
import { watcher } from './watch.ts'
import { writes } from './writes.ts'

export type { RedisClient } from './client.ts'
export type { Durability } from './durable-writes.ts'

/** Where and how {@link redisStore} keeps its records. */
export interface RedisStoreOptions {
  /**
   * A `Redis` or `Cluster` of ioredis ≥ 5.4.1 or 6. The store takes addresses and credentials from it and sends no command
   * over it. The store opens connections of its own with `client.duplicate(…)` and the options it needs, and closes
   * them.
   */
  readonly client: RedisClient
  /** The prefix of every key: 1 to 64 characters of `A-Za-z0-9._-`. Default is `ag`. */
  readonly namespace?: string | undefined
  /**
   * Revocations, and other writes that must not be lost, succeed only when `replicas` replicas have confirmed them
   * within `timeoutMs`. Otherwise their outcome is unknown and they have to be repeated. Set `replicas` to the number
   * of all replicas that may be promoted: a failover to one that did not confirm would undo the write. `timeoutMs`, at
   * least 1, should be well below the deadline of a call. Default is to wait for the master only.
   */
  readonly durability?: Durability | undefined
  /**
   * WARNING: eviction deletes apps, installs, and the tombstones that keep a late write from restoring what was
   * removed. If you set this, you must guarantee that `maxmemory` is never reached. Default is false: `prepare()`
   * rejects every `maxmemory-policy` except `noeviction`.
   */
  readonly allowEviction?: boolean | undefined
}

const OPTIONS = knownMembers<RedisStoreOptions>({
  client: true,
  namespace: true,
  durability: true,
  allowEviction: true,
})
const DURABILITY = knownMembers<Durability>({ replicas: true, timeoutMs: true })

/** A store on Redis. */
export interface RedisStore extends Store {
  /** Checks every server. Rejects if it cannot be used, and warns about risky settings through `process.emitWarning`. */
  prepare(): Promise<void>
}

/**
 * Keeps everything in Redis 6.2 or newer: one server, a group monitored by Sentinel, or a cluster. Connects at first
 * use. `prepare()` rejects if the server cannot be used, and warns about risky settings through `process.emitWarning`.
 *
 * @throws TypeError if an option is invalid.
 * @example
 * ```ts
 * import { createAppGrant } from 'appgrant'
 * import { redisStore } from 'appgrant/redis'
 * import { Redis } from 'ioredis'
 *
 * const store = redisStore({ client: new Redis('redis://127.0.0.1:6379', { lazyConnect: true }) })
 * await store.prepare()
 * const appgrant = createAppGrant({ store })
 * await appgrant.prepare()
 * ```
 */
export function redisStore(options: RedisStoreOptions): RedisStore {
  assertOptions('redisStore', options, OPTIONS)
  const { client, durability, namespace = 'ag', allowEviction = false } = options
  if (typeof client?.duplicate !== 'function') {
    throw invalidOption('redisStore', 'client', 'a Redis or Cluster of ioredis', client)
  }
  if (typeof allowEviction !== 'boolean')
    throw invalidOption('redisStore', 'allowEviction', 'true or false', allowEviction)
  if (durability !== undefined) {
    assertOptions('redisStore', durability, DURABILITY, 'durability')
    atLeastOne('durability.replicas', durability.replicas)
    atLeastOne('durability.timeoutMs', durability.timeoutMs)
  }
  const keys = keyspace(namespace)
  const main = openConnection(client)
  const durable = durability ? openConnection(client, { blockedMs: durability.timeoutMs }) : undefined
  // A subscribed connection accepts no other commands. A cluster client has a separate one for that.
  const listening = main.isCluster ? main : openConnection(client)
  const connections = new Set([main, listening, ...(durable ? [durable] : [])])

  const reading = reads(main, keys)
  const writing = writes(keys, {
    run: scriptRunner(main),
    runDurably: durable && durability ? durableWrites(durable, durability) : undefined,
    oneSlot: main.isCluster,
  })
  const watch = watcher(listening, keys)

  const translating = async <Result>(call: Promise<Result>): Promise<Result> => {
    try {
      return await call
    } catch (error) {
      // A master became a replica without closing its connections.
      if (refusalIn(error) === 'READONLY') {
        main.cut()
        durable?.cut()
      }
      throw sanitizeError(translated(error))
    }
  }

  return {
    conditionalInserts: true,
    get: reading.get,
    insert: (record, options) => translating(writing.insert(record, options)),
    replace: (from, to) => translating(writing.replace(from, to)),
    list: (group, page) => translating(reading.list(group, page)),
    count: (group, after) => translating(reading.count(group, after)),
    time: () => translating(serverTime(main)),
    watch: (changed) => translating(watch(changed)),
    async prepare() {
      await translating(checkServers(main, { durability, allowEviction }))
      await durable?.ready(PATIENCE_AT_START_MS)
    },
    async close() {
      for (const connection of connections) connection.close()
    },
  }
}

function atLeastOne(option: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw invalidOption('redisStore', option, 'a whole number of at least 1', value)
  }
}
