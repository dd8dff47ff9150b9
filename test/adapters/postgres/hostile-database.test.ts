import { Client, type ClientConfig } from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type PostgresStore, postgresStore } from '../../../adapters/postgres/postgres-store.ts'
import { isNotApplied } from '../../../src/store.ts'
import { changed, groupOf, inMs, record } from '../../../src/testing/sample-records.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { quietly } from '../../support/servers/mongo-target.ts'
import { type Postgres, postgresBinaries, postgresMissing, startPostgres } from '../../support/servers/postgres.ts'
import { freshName } from '../../support/servers/postgres-target.ts'
import { until } from '../../support/servers/until.ts'

// What others may create in a database, and what a host may set, must not change what the store does without a word.
describeWith('postgresStore in a database of others', { found: postgresBinaries, missing: postgresMissing }, () => {
  let server: Postgres
  const stores: PostgresStore[] = []
  beforeAll(async () => {
    server = await startPostgres()
    await server.sql("CREATE ROLE stranger LOGIN PASSWORD 'x'; GRANT CREATE ON SCHEMA public TO stranger")
  })
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()))
  })
  afterAll(() => server?.stop())

  const storeOn = (table = freshName(), config: ClientConfig = {}, url = server.url) => {
    const store = postgresStore({ client: () => new Client({ connectionString: url, ...config }), table })
    stores.push(store)
    return store
  }
  const prepared = async (table?: string, config?: ClientConfig) => {
    const store = storeOn(table, config)
    await quietly(() => store.prepare())
    return store
  }
  const asStranger = async (text: string) => {
    const client = new Client(server.url.replace('postgres@', 'stranger:x@'))
    await client.connect()
    await client.query(text)
    await client.end()
  }
  const set = async (setting: string) => {
    await server.sql(`ALTER SYSTEM ${setting}`)
    await server.sql('SELECT pg_reload_conf()')
  }
  /** Each method once or more, alone and with others. */
  const worksOn = async (store: PostgresStore) => {
    const [app, token, other] = [record({ groups: ['g'] }), record({ expiresAt: inMs(60_000) }), record()]
    const onlyIf = { ref: app, revision: app.revision }
    expect(await store.insert(app, { limit: { group: 'g', max: 1 } })).toBe('inserted')
    expect(await store.insert(record({ groups: ['g'] }), { limit: { group: 'g', max: 1 } })).toBe('full')
    expect(await store.insert(token, { onlyIf })).toBe('inserted')
    const together = [record({ expiresAt: inMs(60_000) }), record({ expiresAt: inMs(60_000) })]
    const inserting = together.map((one) => store.insert(one, { onlyIf }))
    expect(await Promise.all(inserting)).toEqual(['inserted', 'inserted'])
    expect(await store.insert(other, { onlyIf })).toBe('inserted')
    const next = changed(app)
    expect(await store.replace(app, next)).toBe(true)
    expect(await store.get([app, token, ...together])).toEqual([next, token, ...together])
    expect(await store.list(groupOf('g'), { limit: 5 })).toEqual({ records: [next], more: false })
    expect(await store.count(groupOf('g'), 0)).toBe(1)
    expect(Math.abs(((await store.time?.()) ?? 0) - Date.now())).toBeLessThan(1000)
  }
  const sweptOf = async (table: string) =>
    until('the expired record is swept', async () => {
      await stores[0]?.insert(record({ expiresAt: inMs(60_000) }))
      const [row] = await server.sql(`SELECT count(*)::int AS n FROM ${table} WHERE expires_at < 1000`)
      return row?.n === 0
    })

  it('functions and operators of another role are never called, though their types fit better', async () => {
    const table = freshName()
    const body = `LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'of a stranger'; END $$`
    await asStranger(`
      CREATE FUNCTION public.hashtextextended(text, integer) RETURNS bigint ${body};
      CREATE FUNCTION public.set_config(text, text, text) RETURNS text ${body};
      CREATE FUNCTION public.concat_ws(text, text, bigint, text, text, text) RETURNS text ${body};
      CREATE FUNCTION public.concat_ws(text, name, text, name) RETURNS text ${body};
      CREATE FUNCTION public.times(numeric, integer) RETURNS numeric ${body};
      CREATE OPERATOR public.* (LEFTARG = numeric, RIGHTARG = integer, FUNCTION = public.times);
      CREATE FUNCTION public.${table}_insert(records text, conditions text, d boolean, w boolean, OUT holding text) ${body};
      CREATE FUNCTION public.${table}_replace(text, text, text, text, text, text, text) RETURNS boolean ${body};
      CREATE FUNCTION public.${table}_sweep(text) RETURNS boolean ${body}`)
    try {
      const store = await prepared(table)
      await worksOn(store)
      await store.insert(record({ expiresAt: 500 }))
      await sweptOf(table)
    } finally {
      await server.sql('DROP OWNED BY stranger; GRANT CREATE ON SCHEMA public TO stranger')
    }
  })

  it('functions that another role created before are not used', async () => {
    const table = freshName()
    await asStranger(`CREATE FUNCTION public.${table}_version() RETURNS integer LANGUAGE sql AS 'SELECT 1'`)
    await expect(prepared(table)).rejects.toMatchObject({ message: expect.stringMatching(/another role.*stranger/) })
    const other = freshName()
    await asStranger(`CREATE FUNCTION public.${other}_version() RETURNS integer LANGUAGE plpgsql AS $$
      BEGIN ALTER ROLE stranger SUPERUSER; RETURN 1; END $$`)
    await expect(prepared(other)).rejects.toMatchObject({ message: expect.stringMatching(/another role.*stranger/) })
    const [role] = await server.sql("SELECT rolsuper FROM pg_roles WHERE rolname = 'stranger'")
    expect(role?.rolsuper).toBe(false)
  })

  it.each(['bound', 'since', 'one', 'asked', 'at', 'list', 'if_key', 'to_data', 'from_revision', 'stored', 'n'])(
    'a table with the name %s works, as do its sweeps',
    async (table) => {
      const store = await prepared(table)
      await worksOn(store)
      await store.insert(record({ expiresAt: 500 }))
      await sweptOf(`"${table}"`)
    },
  )

  it('hints are heard though schema and table have 81 characters together', async () => {
    const [schema, name] = ['s'.repeat(40), 't'.repeat(40)]
    await server.sql(`CREATE SCHEMA ${schema}`)
    const store = await prepared(`${schema}.${name}`)
    const heard: string[] = []
    await store.watch?.(({ id }) => heard.push(id))
    const one = record()
    await store.insert(one)
    await store.replace(one, changed(one))
    await until('the hint is heard', async () => heard.includes(one.id))
  })

  it('prepare() refuses a table without its key, a view, and a role that may only read', async () => {
    const [table, copy, view, left] = [freshName(), freshName(), freshName(), freshName()]
    await prepared(table)
    await server.sql(`CREATE TABLE ${copy} AS TABLE ${table}`)
    await expect(prepared(copy)).rejects.toThrow(/no primary key/)
    await server.sql(`CREATE VIEW ${view} AS TABLE ${table}`)
    await expect(prepared(view)).rejects.toThrow(/not a plain table/)
    await prepared(left)
    await server.sql(`DROP TABLE ${left}; CREATE TABLE ${left} (x integer)`)
    await expect(prepared(left)).rejects.toThrow(/another program/)
    await expect(prepared(table, { options: '-c default_transaction_read_only=on' })).rejects.toThrow(/read_only/)
  })

  it('prepare() that waits for another one in vain leaves no process behind', async () => {
    const table = freshName()
    const other = new Client(server.url)
    await other.connect()
    await other.query(`SELECT pg_advisory_lock(hashtextextended('"public"."${table}" migration', 0))`)
    await expect(prepared(table)).rejects.toThrow(/lock/)
    await until('no process waits', async () => {
      const [row] = await server.sql("SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
      return row?.n === 0
    })
    await other.end()
  })

  describe('while a synchronous standby is away', () => {
    afterEach(() => set('RESET synchronous_standby_names'))
    const waiting = (count: number) =>
      until('commits wait for the standby', async () => {
        const [row] = await server.sql("SELECT count(*)::int AS n FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        return row?.n === count
      })
    const standbyLeaves = async () => {
      await set("SET synchronous_standby_names = 'gone'")
      await until('the server waits for it', async () => {
        const [row] = await server.sql('SHOW synchronous_standby_names')
        return row?.synchronous_standby_names === 'gone'
      })
    }

    it('a wait that is cancelled is no success, whatever messages the client wants (REV-7)', async () => {
      const store = await prepared(undefined, { options: '-c client_min_messages=error' })
      const app = record()
      await store.insert(app)
      await standbyLeaves()
      for (const write of [() => store.replace(app, changed(app)), () => store.insert(record())]) {
        const writing = write().catch((error: unknown) => error)
        await waiting(1)
        await server.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
        const error = await writing
        expect(error).toBeInstanceOf(Error)
        expect(isNotApplied(error)).toBe(false)
      }
    })

    it('tokens do not wait for durable inserts, nor for the revocation of another app', async () => {
      const store = await prepared()
      const [app, other] = [record(), record()]
      for (const one of [app, other]) await store.insert(one)
      const token = (of: typeof app) =>
        store
          .insert(record({ expiresAt: inMs(60_000) }), { onlyIf: { ref: of, revision: of.revision } })
          .catch((error: unknown) => isNotApplied(error) && 'refused')
      await standbyLeaves()
      const pending: Promise<unknown>[] = ['g1', 'g2'].map((group) =>
        store.insert(record({ groups: [group] }), { limit: { group, max: 9 } }),
      )
      await waiting(2)
      expect(await token(app)).toBe('inserted')
      expect(await Promise.all([token(app), token(other)])).toEqual(['inserted', 'inserted'])
      pending.push(store.replace(app, changed(app)))
      await waiting(3)
      const mixed = [token(app), token(other), token(app), token(other)]
      expect(await Promise.all([mixed[1], mixed[3]])).toEqual(['inserted', 'inserted'])
      expect(await token(other)).toBe('inserted')
      // Those of the app wait for it.
      const early = await Promise.race([mixed[0], mixed[2], Promise.resolve('waiting')])
      expect(early).toBe('waiting')
      expect(await Promise.all([mixed[0], mixed[2], token(app)])).toEqual(['refused', 'refused', 'refused'])
      await set('RESET synchronous_standby_names')
      await Promise.all(pending)
      expect(await token(app)).toBe('stale')
    })
  })

  it('prepare() says that a role may not execute the functions, and that a server is a standby', async () => {
    const table = freshName()
    await prepared(table)
    await server.sql(`REVOKE EXECUTE ON FUNCTION ${table}_version() FROM PUBLIC`)
    const stranger = storeOn(table, {}, server.url.replace('postgres@', 'stranger:x@'))
    await expect(stranger.prepare()).rejects.toMatchObject({
      message: expect.stringMatching(/EXECUTE on .*_version/),
      hint: expect.stringMatching(/GRANT EXECUTE/),
    })
    const standby = await server.startStandby()
    const refused = storeOn(table, {}, standby.url).prepare()
    await expect(refused).rejects.toMatchObject({ code: 'store_unavailable', hint: expect.stringMatching(/primary/) })
    await standby.stop()
  })

  it('a write that was sent to a standby is refused (APP-6)', async () => {
    const standby = await server.startStandby()
    try {
      /** A balancer: what follows the first statement goes to the standby. */
      class Balanced extends Client {
        readonly #other = new Client(standby.url)
        #sent = 0
        override async connect(): Promise<never> {
          await super.connect()
          return (await this.#other.connect()) as never
        }
        override query(...given: readonly unknown[]): never {
          const target = this.#sent++ > 0 ? this.#other : Client.prototype
          return Reflect.apply(target.query, this.#sent > 1 ? this.#other : this, given) as never
        }
        override async end(): Promise<void> {
          await this.#other.end()
          await super.end()
        }
      }
      const table = freshName()
      const store = await prepared(table)
      const app = record({ groups: ['own'] })
      await store.insert(app)
      const balanced = postgresStore({ client: () => new Balanced(server.url), table })
      stores.push(balanced)
      await until('the standby has the table', async () => {
        const [row] = await standby.sql(`SELECT to_regclass('${table}') IS NOT NULL AS has`)
        return row?.has === true
      })
      const onlyIf = { ref: app, revision: 'another' }
      for (const call of [
        () => balanced.insert(record({ expiresAt: inMs(60_000) }), { onlyIf }),
        () => balanced.insert(record({ groups: ['own'] }), { limit: { group: 'own', max: 1 } }),
        () => balanced.replace(app, changed(app)),
      ]) {
        const error = await call().catch((caught: unknown) => caught)
        expect(error).toMatchObject({ cause: { message: expect.stringMatching(/is a standby/) } })
        expect(isNotApplied(error)).toBe(true)
      }
    } finally {
      await standby.stop()
    }
  })
})
