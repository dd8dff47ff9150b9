import { randomUUID } from 'node:crypto'
import { Client } from 'pg'
import { Client as OldestClient } from 'pg-oldest'
import { afterAll, beforeAll, describe } from 'vitest'
import { type PostgresStore, postgresStore } from '../../../adapters/postgres/postgres-store.ts'
import { describeWith } from './describe-with.ts'
import { quietly } from './mongo-target.ts'
import { postgresBinaries, postgresMissing, startPostgres } from './postgres.ts'

/** The newest version of the driver, and the oldest that the peer range allows. */
export const DRIVERS: readonly PostgresDriver[] = [
  { driver: 'pg 8', Client },
  { driver: 'pg 8.11.0', Client: OldestClient as unknown as typeof Client },
]

/** A driver, under the types of the newest. */
export interface PostgresDriver {
  readonly driver: string
  readonly Client: typeof Client
}

/** A running server, and stores on it that are closed at the end. */
export interface PostgresTarget {
  readonly url: string
  /** A store on a table that nobody else uses, unless one is named. */
  storeOn(table?: string): PostgresStore
  /** Such a store, prepared. */
  preparedStore(table?: string): Promise<PostgresStore>
  /** Runs statements and returns the rows of the last one. */
  sql(text: string): Promise<readonly Record<string, unknown>[]>
}

/** A suite on a server of its own, or on the one that POSTGRES_URL names. */
export function describeWithPostgres(
  title: string,
  body: (target: () => PostgresTarget, setting: { readonly isNewest: boolean }) => void,
  drivers: readonly PostgresDriver[] = DRIVERS.slice(0, 1),
): void {
  const given = process.env.POSTGRES_URL
  describeWith(title, { found: given ?? postgresBinaries, missing: postgresMissing }, () => {
    let server: { readonly url: string; stop(): Promise<void> }
    const stores: PostgresStore[] = []
    const tables = new Set<string>()
    beforeAll(async () => {
      server = given === undefined ? await startPostgres() : { url: given, async stop() {} }
    })
    let own: Client | undefined
    const sql = async (text: string) => {
      if (own === undefined) {
        own = new Client(server.url)
        await own.connect()
      }
      return [await own.query(text)].flat().at(-1)?.rows ?? []
    }
    afterAll(async () => {
      await Promise.all(stores.map((store) => store.close()))
      if (given !== undefined) for (const table of tables) await sql(dropping(table))
      await own?.end()
      await server?.stop()
    })
    for (const [age, { driver, Client: Driver }] of drivers.entries())
      describe(driver, () => {
        const storeOn = (table = freshName()) => {
          tables.add(table)
          const store = postgresStore({ client: () => new Driver(server.url), table })
          stores.push(store)
          return store
        }
        const preparedStore = async (table?: string) => {
          const store = storeOn(table)
          await quietly(() => store.prepare())
          return store
        }
        body(() => ({ url: server.url, storeOn, preparedStore, sql }), { isNewest: age === 0 })
      })
  })
}

/** A name that no other test uses. */
export const freshName = () => `t${randomUUID().replaceAll('-', '').slice(0, 16)}`

/** Removes a table of the store with its functions. */
function dropping(table: string): string {
  const functions = `SELECT string_agg(oid::regprocedure::text, ', ') FROM pg_proc WHERE proname LIKE '${table}\\_%'`
  return `DROP TABLE IF EXISTS "${table}";
    DO $$ DECLARE names text := (${functions}); BEGIN
      IF names IS NOT NULL THEN EXECUTE 'DROP FUNCTION ' || names; END IF;
    END $$`
}
