import { Client } from 'pg'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type PostgresStore, postgresStore } from '../../../adapters/postgres/postgres-store.ts'
import { startProxy } from '../../faults/tcp-proxy.ts'
import { CANARIES, canaryRecord, type Listener, listenForCanaries } from '../../support/canaries.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { quietly } from '../../support/servers/mongo-target.ts'
import { type Postgres, postgresBinaries, postgresMissing, startPostgres } from '../../support/servers/postgres.ts'
import { DRIVERS, freshName } from '../../support/servers/postgres-target.ts'
import { until } from '../../support/servers/until.ts'

const { password } = CANARIES

describeWith('secrets in the errors of postgresStore', { found: postgresBinaries, missing: postgresMissing }, () => {
  let server: Postgres
  let listener: Listener
  beforeAll(async () => {
    server = await startPostgres()
    await server.sql(`CREATE ROLE canary LOGIN PASSWORD '${password}'`)
  })
  afterAll(() => server?.stop())
  beforeEach(() => {
    listener = listenForCanaries()
  })
  afterEach(() => listener.stop())

  describe.each(DRIVERS)('$driver', ({ Client: Driver }) => {
    /** A store of the role on a table of its own, which the superuser has made. */
    const using = async (
      body: (store: PostgresStore, table: string) => Promise<void>,
      { given = password as string, port = server.port, rights = 'ALL' } = {},
    ) => {
      const table = freshName()
      const admin = postgresStore({ client: () => new Client(server.url), table })
      await quietly(() => admin.prepare())
      await admin.close()
      await server.sql(`GRANT ${rights} ON ${table} TO canary`)
      const store = postgresStore({
        client: () => new Driver({ host: server.host, port, user: 'canary', password: given, database: 'postgres' }),
        table,
      })
      try {
        await body(store, table)
      } finally {
        await store.close()
      }
    }

    it('a wrong password shows neither password nor record (ERR-8)', async () => {
      await using(async (store) => expect(await listener.callAll(store)).toBe(10), { given: `${password}x` })
      listener.expectNoCanaries()
    })

    it('a role that may only read, and one that may only delete, show no record (ERR-8)', async () => {
      for (const [rights, least] of [
        ['SELECT', 5],
        ['DELETE', 8],
      ] as const)
        await using(async (store) => expect(await listener.callAll(store)).toBeGreaterThanOrEqual(least), { rights })
      listener.expectNoCanaries()
    })

    it('constraints, types and triggers that quote a record do not show it (ERR-8)', async () => {
      await using(async (store, table) => {
        await store.insert(canaryRecord())
        await server.sql(`ALTER TABLE ${table} ADD CHECK (data = '') NOT VALID`)
        expect(await listener.callAll(store)).toBeGreaterThanOrEqual(4)
        await server.sql(`ALTER TABLE ${table} DROP CONSTRAINT ${table}_data_check`)
        await server.sql(`
          CREATE FUNCTION ${table}_quote() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE 'refused % of %', NEW.data::json::bigint, NEW; END $$;
          CREATE TRIGGER quote BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION ${table}_quote()`)
        expect(await listener.callAll(store)).toBeGreaterThanOrEqual(4)
      })
      listener.expectNoCanaries()
    })

    it('a table without functions, and one that is missing, show no record (ERR-8)', async () => {
      await using(async (store, table) => {
        await server.sql(`DROP FUNCTION ${table}_insert, ${table}_insert_one, ${table}_replace`)
        expect(await listener.callAll(store)).toBeGreaterThanOrEqual(5)
        await server.sql(`DROP TABLE ${table}`)
        expect(await listener.callAll(store)).toBeGreaterThanOrEqual(8)
      })
      listener.expectNoCanaries()
    })

    it('text that the database cannot keep is not shown (ERR-8)', async () => {
      await using(async (store) => {
        for (const data of [`${CANARIES.data}\0`, `${CANARIES.data}\ud800`]) {
          const one = canaryRecord({ data })
          for (const call of [store.insert(one), store.replace(one, one)])
            expect(await listener.catching(call)).toBeInstanceOf(TypeError)
        }
      })
      listener.expectNoCanaries()
    })

    it('a connection that is cut, one that is terminated and a server that is killed show nothing (ERR-8)', async () => {
      const proxy = await startProxy(server)
      try {
        await using(
          async (store) => {
            // Opens the connections, for which a first call would not wait long.
            await quietly(() => store.prepare())
            await store.insert(canaryRecord())
            proxy.cutAtReply(() => 5)
            await listener.callAll(store)
            proxy.heal()
            await server.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'canary'")
            await listener.callAll(store)
            await server.signal('SIGKILL')
            await until('the store has noticed', async () => {
              return (await listener.catching(store.watch?.(() => {}) ?? Promise.resolve())) !== undefined
            })
            expect(await listener.callAll(store)).toBe(10)
          },
          { port: proxy.address.port },
        )
      } finally {
        await proxy.close()
        await server.restart()
      }
      listener.expectNoCanaries()
    })
  })
})
