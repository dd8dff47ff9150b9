import { invalidOption } from '../../src/base/errors.ts'
import { assertOptions, knownMembers } from '../../src/base/known-members.ts'
import { type Store, withSanitizedErrors } from '../../src/store.ts'
import type { PostgresClient } from './client.ts'
import type { Connection } from './connection.ts'
import { openLane } from './lane.ts'
import { namesFor } from './names.ts'
import { prepareDatabase } from './prepare.ts'
import { reads } from './reads.ts'
import { sweeper } from './sweep.ts'
import { listener, notifier } from './watch.ts'
import { writes } from './writes.ts'

export type { PostgresClient } from './client.ts'

/** Where {@link postgresStore} keeps its records. */
export interface PostgresStoreOptions {
  /**
   * Returns a new `Client` of pg 8, or of a compatible driver, each time it is called. The store opens its connections
   * with it, at most thirteen, and closes them. It must lead to the primary server.
   */
  readonly client: () => PostgresClient
  /**
   * Returns a client that listens for hints, like `client`. Needed only if `client` connects to a pooler, such as PgBouncer:
   * this one has to connect to the server. Default is `client`.
   */
  readonly listener?: (() => PostgresClient) | undefined
  /** The table, with its schema if that is not `public`: `auth.appgrant`. Lower case. Default is `appgrant`. */
  readonly table?: string | undefined
}

const OPTIONS = knownMembers<PostgresStoreOptions>(
  { client: true, listener: true, table: true },
  { pool: 'client: a function that returns a new Client', schema: "table: 'schema.table'" },
)

/** A store on PostgreSQL. */
export interface PostgresStore extends Store {
  /**
   * Creates the table and its functions, or migrates those of an older version, and checks them. May be called more than
   * once. Rejects if the store cannot work: the server is older than 14, is a standby, or lacks a setting, or the role
   * lacks a privilege. Warns through `process.emitWarning` with the codes `APPGRANT_CLOCK_SKEW` (the clocks differ by more
   * than a second), `APPGRANT_POSTGRES_DURABILITY`, `APPGRANT_POSTGRES_STANDBYS`, `APPGRANT_POSTGRES_IDLE_TRANSACTIONS` and
   * `APPGRANT_POSTGRES_HINTS`. With the last one it removes `watch` from the store.
   */
  prepare(): Promise<void>
}

// Reads have connections of their own, and so have lists and tokens, so that none waits for a write that waits for a lock or
// a standby.
const SIZES = { gets: 2, lists: 2, tokens: 2, inserts: 2, replaces: 3, background: 1 }
// A pooler does not tell which of the server's processes is at work.
const MOST_SILENT_MS = 60_000

/**
 * Keeps everything in one table of PostgreSQL 14 or newer. Connects at first use, over connections of its own, directly or
 * through PgBouncer in any mode that keeps transactions together. Revocations, apps and installs are on the disk, and on
 * the synchronous standbys, when their call resolves; a crash may lose the newest access tokens.
 *
 * @throws TypeError if an option is invalid.
 * @example
 * ```ts
 * import { createAppGrant } from 'appgrant'
 * import { postgresStore } from 'appgrant/postgres'
 * import { Client } from 'pg'
 *
 * const store = postgresStore({ client: () => new Client('postgres://127.0.0.1/host') })
 * await store.prepare()
 * const appgrant = createAppGrant({ store })
 * await appgrant.prepare()
 * ```
 */
export function postgresStore(options: PostgresStoreOptions): PostgresStore {
  assertOptions('postgresStore', options, OPTIONS)
  const { client: create, listener: createListener = create, table = 'appgrant' } = options
  for (const [name, given] of Object.entries({ client: create, listener: createListener }))
    if (typeof given !== 'function')
      throw invalidOption('postgresStore', name, 'a function that returns a new Client of pg', given, {
        isSecret: true,
      })
  const names = namesFor(table)

  const gets = openLane(SIZES.gets, { create })
  const lists = openLane(SIZES.lists, { create })
  // A commit may wait for a standby for as long as that is away. A new connection for each attempt would use up those of
  // the server, whose processes go on waiting.
  const isAtWork = async ({ process }: Connection, silentMs: number) => {
    if (process === undefined) return silentMs < MOST_SILENT_MS
    const activity = 'SELECT state FROM pg_catalog.pg_stat_activity WHERE pid = $1::integer'
    const [found] = await gets.query(activity, [process])
    // With `track_activities = off` the server does not tell either.
    return found?.state === 'active' || (found?.state === 'disabled' && silentMs < MOST_SILENT_MS)
  }
  const tokens = openLane(SIZES.tokens, { create, isAtWork })
  const inserts = openLane(SIZES.inserts, { create, isAtWork })
  const replaces = openLane(SIZES.replaces, { create, isAtWork })
  const background = openLane(SIZES.background, { create, isAtWork })

  const sweep = sweeper(names, background)
  const notify = notifier(names, background)
  const hints = listener(names, createListener)
  const reading = reads(names, { gets, lists })
  const writing = writes(names, {
    tokens,
    inserts,
    replaces,
    wrote(records, replaced) {
      sweep(records)
      if (replaced) notify(replaced)
    },
  })

  const store: PostgresStore = {
    conditionalInserts: true,
    get: reading.get,
    insert: (record, more) => withSanitizedErrors(writing.insert(record, more)),
    replace: (from, to) => withSanitizedErrors(writing.replace(from, to)),
    list: (group, page) => withSanitizedErrors(reading.list(group, page)),
    count: (group, after) => withSanitizedErrors(reading.count(group, after)),
    time: () => withSanitizedErrors(reading.time()),
    watch: (changed) => withSanitizedErrors(hints.watch(changed)),
    async prepare() {
      const { isDirect } = await withSanitizedErrors(prepareDatabase(names, create))
      await withSanitizedErrors(Promise.all([gets, tokens, inserts, replaces].map((lane) => lane.warm())))
      if (isDirect || createListener !== create) return
      // Core must not wait for hints that cannot come.
      delete store.watch
      process.emitWarning('the connection goes through a pooler, so that hints are not heard. Pass `listener`', {
        type: 'AppGrantWarning',
        code: 'APPGRANT_POSTGRES_HINTS',
      })
    },
    async close() {
      await Promise.all([gets, lists, tokens, inserts, replaces, background, hints].map((part) => part.close()))
    },
  }
  return store
}
