import type { Store } from '../../src/store/store.ts'
import type { RedisClient } from './client.ts'
import { openConnection } from './connection.ts'
import { type Durability, durableWrites } from './durable-writes.ts'
import { refusalIn, translated } from './errors.ts'
import { keyspace } from './keys.ts'
import { checkServers } from './prepare.ts'
import { reads } from './reads.ts'
import { scriptRunner } from './run-script.ts'
import { watcher } from './watch.ts'
import { writes } from './writes.ts'

export type { RedisClient } from './client.ts'
export type { Durability } from './durable-writes.ts'

/** Where and how {@link redisStore} keeps its records. */
export interface RedisStoreOptions {
  /**
   * A `Redis` or `Cluster` of ioredis 5 or 6. It tells where and as whom to connect; no command is sent over it. The store opens
   * connections of its own by `client.duplicate(…)`, with the options it needs, and closes them.
   */
  readonly client: RedisClient
  /** What every key begins with: 1 to 64 characters of `A-Za-z0-9._-`. Default is `ag`. */
  readonly namespace?: string
  /**
   * Revocations, and other writes that must not be lost, count only when `replicas` replicas have confirmed them within
   * `timeoutMs`; otherwise their outcome is unknown and they are to be repeated. `replicas` is the number of all that may be promoted:
   * a failover to any other would undo what was confirmed. `timeoutMs`, at least 1, should be well below the deadline of a call.
   * Default is: written on the master is enough.
   */
  readonly durability?: Durability
  /**
   * WARNING: a server that evicts forgets apps and installs, and the marks that keep a removed one from coming back by a write
   * that arrives late. Whoever sets this guarantees that `maxmemory` is never reached. Default is false: `prepare()` refuses every
   * `maxmemory-policy` but `noeviction`.
   */
  readonly allowEviction?: boolean
}

/**
 * Keeps everything in Redis, 6.2 or newer: one server, a group watched by Sentinel, or a cluster. Connects when it is first used.
 * `prepare()` rejects where the server cannot serve, and says by `process.emitWarning` what is risky.
 *
 * @throws TypeError where an option is not what it should be.
 * @example
 * ```ts
 * import { createAppGrant } from 'appgrant'
 * import { redisStore } from 'appgrant/redis'
 * import { Redis } from 'ioredis'
 *
 * const store = redisStore({ client: new Redis('redis://127.0.0.1:6379', { lazyConnect: true }) })
 * await store.prepare()
 * const grants = createAppGrant({ store })
 * ```
 */
export function redisStore(options: RedisStoreOptions): Store & { prepare(): Promise<void> } {
  const { client, durability, namespace = 'ag', allowEviction = false } = options
  if (typeof client?.duplicate !== 'function') {
    throw new TypeError(`client: expected a Redis or Cluster of ioredis, received ${typeof client}`)
  }
  if (durability) {
    atLeastOne('durability.replicas', durability.replicas)
    atLeastOne('durability.timeoutMs', durability.timeoutMs)
  }
  const keys = keyspace(namespace)
  const main = openConnection(client)
  const durable = durability ? openConnection(client, { blockedMs: durability.timeoutMs }) : undefined
  // A connection that listens takes no other commands; a cluster has one for that by itself.
  const listening = main.isCluster ? main : openConnection(client)
  const connections = new Set([main, listening, ...(durable ? [durable] : [])])

  const reading = reads(main, keys)
  const writing = writes(keys, {
    run: scriptRunner(main),
    runDurably: durable && durability ? durableWrites(durable, durability) : undefined,
    oneSlot: main.isCluster,
  })
  const watch = watcher(listening, keys)

  const translating = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
    try {
      return await answer
    } catch (error) {
      // A master became a replica and disconnected nobody.
      if (refusalIn(error) === 'READONLY') {
        main.cut()
        durable?.cut()
      }
      throw translated(error)
    }
  }

  return {
    conditionalInserts: true,
    get: reading.get,
    insert: (record, how) => translating(writing.insert(record, how)),
    replace: (from, to) => translating(writing.replace(from, to)),
    list: (group, page) => translating(reading.list(group, page)),
    count: (group, after) => translating(reading.count(group, after)),
    watch: (changed) => translating(watch(changed)),
    prepare: () => translating(checkServers(main, { durability, allowEviction })),
    async close() {
      for (const connection of connections) connection.close()
    },
  }
}

function atLeastOne(option: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new TypeError(`${option}: expected a whole number of at least 1, received ${value}`)
  }
}
