import { readFile } from 'node:fs/promises'
import { Client } from 'pg'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type PostgresStoreOptions, postgresStore } from '../../../adapters/postgres/postgres-store.ts'
import type { RecordRef } from '../../../src/store/store.ts'
import { changed, groupOf, inMs, record, refOf } from '../../../src/testing/sample-records.ts'
import { quietly } from '../../support/servers/mongo-target.ts'
import { describeWithPostgres, freshName } from '../../support/servers/postgres-target.ts'
import { until } from '../../support/servers/until.ts'

const client = () => new Client()

interface Rejection extends Error {
  readonly hint: string
}
const rejection = (call: Promise<unknown>): Promise<Rejection> =>
  call.then(
    () => Promise.reject(new Error('it resolved')),
    (error) => error,
  )

describe('postgresStore options', () => {
  it.each([undefined, null, {}, new Client(), 'postgres://canary@127.0.0.1/'])(
    'postgresStore with %o as client is a TypeError that does not show it',
    (given) => {
      const call = () => postgresStore({ client: given } as unknown as PostgresStoreOptions)
      expect(call).toThrow(/^postgresStore: client: expected a function that returns a new Client of pg/)
      expect(call).not.toThrow(/canary/)
    },
  )
  it.each(['', 'Grants', 'a b', 'a.b.c', 'a"b', '1a', `a${'b'.repeat(40)}`, 7, null])(
    'postgresStore with %o as table is a TypeError',
    (table) => {
      expect(() => postgresStore({ client, table: table as string })).toThrow(/^postgresStore: table: expected/)
    },
  )
  it('a pool is refused with what to pass instead (ERR-6)', () => {
    const call = () => postgresStore({ pool: {} } as unknown as PostgresStoreOptions)
    expect(call).toThrow('postgresStore: pool: unknown option, expected client: a function that returns a new Client')
  })
  it('a function that returns no client is a TypeError at the first call', async () => {
    const store = postgresStore({ client: () => ({}) as Client })
    await expect(store.get([record()])).rejects.toMatchObject({ cause: { name: 'TypeError' } })
  })
})

describeWithPostgres('postgresStore().prepare()', (target) => {
  afterEach(() => void vi.useRealTimers())
  const RISKS = ['APPGRANT_POSTGRES_DURABILITY', 'APPGRANT_POSTGRES_IDLE_TRANSACTIONS']
  const asRole = (role: string, table: string) => {
    const { hostname, port, pathname } = new URL(target().url)
    const database = pathname.slice(1)
    return postgresStore({
      client: () => new Client({ host: hostname, port: Number(port), user: role, password: 'pw', database }),
      table,
    })
  }

  it('prepare() creates the table once, even if several nodes call it at once and again', async () => {
    const table = freshName()
    await quietly(async () => void (await Promise.all([1, 2, 3, 4].map(() => target().storeOn(table).prepare()))))
    const store = await target().preparedStore(table)
    const indexes = await target().sql(`SELECT indexname AS name FROM pg_indexes WHERE tablename = '${table}'`)
    const expected = ['expiry', 'list1', 'list2', 'list3', 'list4', 'pkey'].map((name) => `${table}_${name}`)
    expect(indexes.map(({ name }) => name).toSorted()).toEqual(expected)
    expect(await store.insert(record())).toBe('inserted')
  })

  it('a table can lie in another schema', async () => {
    const [schema, table] = [freshName(), freshName()]
    await target().sql(`CREATE SCHEMA ${schema}`)
    const store = await target().preparedStore(`${schema}.${table}`)
    const one = record()
    await store.insert(one)
    expect(await store.get([one])).toEqual([one])
    await target().sql(`DROP SCHEMA ${schema} CASCADE`)
  })

  it('without prepare() every call says so', async () => {
    const store = target().storeOn()
    const one = record({ groups: ['g'] })
    const calls = [store.get([one]), store.insert(one), store.replace(one, one), store.count(groupOf('g'), 0)]
    for (const outcome of await Promise.allSettled<unknown>(calls)) {
      const error = outcome.status === 'rejected' ? outcome.reason : new Error('it resolved')
      expect(error.hint ?? error.cause.hint).toContain('prepare()')
    }
  })

  it('prepare() rejects a table of another program, and one of a newer version, and changes neither', async () => {
    const [foreign, newer] = [freshName(), freshName()]
    await target().sql(`CREATE TABLE ${foreign} (a text)`)
    await expect(target().storeOn(foreign).prepare()).rejects.toThrow(/belongs to another program/)
    const sql = `CREATE FUNCTION ${newer}_version() RETURNS integer LANGUAGE sql AS 'SELECT 2'`
    await target().sql(sql)
    await expect(target().storeOn(newer).prepare()).rejects.toThrow(/version 2/)
    expect(await target().sql(`SELECT to_regclass('${newer}') AS found`)).toEqual([{ found: null }])
  })

  it('prepare() creates the table again after it was dropped and its functions were not', async () => {
    const table = freshName()
    await (await target().preparedStore(table)).close()
    await target().sql(`DROP TABLE ${table} CASCADE`)
    const store = await target().preparedStore(table)
    expect(await store.insert(record())).toBe('inserted')
  })

  it('prepare() creates the functions of its own table, as a dump of the table alone is restored, and keeps the rows', async () => {
    const table = freshName()
    const before = await target().preparedStore(table)
    const one = record()
    await before.insert(one)
    await before.close()
    await target().sql(`DROP FUNCTION ${table}_version, ${table}_insert_one`)
    const store = await target().preparedStore(table)
    expect(await store.get([one])).toEqual([one])
    expect(await store.insert(record())).toBe('inserted')
    await store.close()
    await target().sql(`DROP FUNCTION ${table}_sweep`)
    await target().preparedStore(table)
    expect(await target().sql(`SELECT count(*)::int AS n FROM pg_proc WHERE proname = '${table}_sweep'`)).toEqual([
      { n: 1 },
    ])
  })

  it('the statement of docs/postgres.md removes a table with its functions, and no other', async () => {
    const [table, other] = [freshName(), freshName()]
    await target().preparedStore(table)
    await target().preparedStore(other)
    const page = await readFile(new URL('../../../docs/postgres.md', import.meta.url), 'utf8')
    const [, statement = ''] = /```sql\n(DO \$\$[\s\S]*?)```/.exec(page) ?? []
    await target().sql(statement.replaceAll("'appgrant'", `'${table}'`))
    const left = `SELECT relname AS name FROM pg_class WHERE relname LIKE '${table}%'
      UNION ALL SELECT proname FROM pg_proc WHERE proname LIKE '${table}%'`
    expect(await target().sql(left)).toEqual([])
    await expect(target().storeOn(other).insert(record())).resolves.toBe('inserted')
  })

  it.each([
    ['a database that does not exist', { pathname: '/nowhere' }, 'no such database', 'Create the database'],
    ['a role that does not exist', { username: 'nobody', password: 'x' }, 'refuses the user', 'Correct the user'],
    ['no password', { username: 'nobody', password: '' }, 'wants a password', 'Give `client` the password'],
    ['a server that is not there', { port: '1' }, 'no PostgreSQL server', 'Correct the host and the port'],
  ])('prepare() with %s says what is wrong, and the fix as a hint', async (_, part, message, hint) => {
    const url = Object.assign(new URL(target().url), part)
    const error = await rejection(postgresStore({ client: () => new Client(url.href) }).prepare())
    expect(error).toMatchObject({ code: 'store_unavailable', message: expect.stringContaining(message) })
    expect(error.hint).toContain(hint)
    expect(error.cause).toBeInstanceOf(Error)
  })

  it('prepare() on a schema that does not exist names it in its hint', async () => {
    const error = await rejection(target().storeOn('nowhere.grants').prepare())
    expect(error.hint).toContain('CREATE SCHEMA nowhere')
  })

  it('prepare() rejects an unlogged table, and one with row-level security', async () => {
    const table = freshName()
    await target().preparedStore(table)
    await target().sql(`ALTER TABLE ${table} SET UNLOGGED`)
    await expect(target().storeOn(table).prepare()).rejects.toThrow(/unlogged/)
    await target().sql(`ALTER TABLE ${table} SET LOGGED`)
    const role = freshName()
    await target().sql(`
      CREATE ROLE ${role} LOGIN PASSWORD 'pw';
      GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${role};
      ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`)
    await expect(asRole(role, table).prepare()).rejects.toThrow(/row-level security/)
  })

  it('a role with the rights in docs/postgres.md can prepare a table that exists, and do everything', async () => {
    const [table, role] = [freshName(), freshName()]
    await target().preparedStore(table)
    await target().sql(`
      CREATE ROLE ${role} LOGIN PASSWORD 'pw';
      GRANT SELECT, INSERT, UPDATE, DELETE ON ${table} TO ${role}`)
    const store = asRole(role, table)
    expect(await quietly(() => store.prepare())).toEqual(RISKS)
    const heard: RecordRef[] = []
    const stop = await store.watch?.((ref) => heard.push(ref))
    const token = record({ groups: ['g'], expiresAt: inMs(60_000) })
    const limit = { group: 'owner', max: 1 }
    expect(await store.insert(token)).toBe('inserted')
    expect(await store.insert(record({ groups: ['owner'] }), { limit })).toBe('inserted')
    expect(await store.insert(record({ groups: ['owner'] }), { limit })).toBe('full')
    expect(await store.replace(token, changed(token, { groups: [] }))).toBe(true)
    expect((await store.list(groupOf('owner'), { limit: 1 })).records).toHaveLength(1)
    await until('the hint came', () => heard.length === 1)
    expect(heard).toEqual([refOf(token)])
    await stop?.()
    await store.close()
  })

  it('prepare() names the privileges that a role lacks, and who may create the table', async () => {
    const [table, role] = [freshName(), freshName()]
    await target().preparedStore(table)
    await target().sql(`
      CREATE ROLE ${role} LOGIN PASSWORD 'pw';
      GRANT SELECT, DELETE ON ${table} TO ${role};
      -- PostgreSQL 14 grants it.
      REVOKE CREATE ON SCHEMA public FROM PUBLIC`)
    await expect(asRole(role, table).prepare()).rejects.toThrow(
      `lacks privileges: INSERT on ${table}, UPDATE on ${table}`,
    )
    const created = freshName()
    const error = await rejection(asRole(role, created).prepare())
    expect(error.message).toContain(`may not create the table ${created}`)
    expect(error.hint).toContain('GRANT USAGE, CREATE ON SCHEMA public')
  })

  it('a role with another default isolation works, because the store sets that of its connections', async () => {
    const [table, role] = [freshName(), freshName()]
    await target().preparedStore(table)
    await target().sql(`
      CREATE ROLE ${role} LOGIN PASSWORD 'pw';
      GRANT ALL ON ${table} TO ${role};
      ALTER ROLE ${role} SET default_transaction_isolation = 'serializable'`)
    const store = asRole(role, table)
    await quietly(() => store.prepare())
    expect(await store.insert(record(), {})).toBe('inserted')
    await store.close()
    // A pooler does not let it set anything: then the write is refused, because a limit would not be exact.
    await target().sql("SET default_transaction_isolation = 'serializable'")
    await expect(target().sql(`SELECT ${table}_insert('[]', '{}', true, true)`)).rejects.toThrow(/read committed/)
    await target().sql('RESET default_transaction_isolation')
  })

  it('prepare() warns if the clocks differ by more than a second, and of settings that weaken durability', async () => {
    const store = target().storeOn()
    expect(await quietly(() => store.prepare())).toEqual(RISKS)
    for (const skew of [-5000, 5000]) {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + skew })
      expect(await quietly(() => store.prepare())).toEqual([...RISKS, 'APPGRANT_CLOCK_SKEW'])
      vi.useRealTimers()
    }
  })

  it('prepare() rejects a database that is not UTF8', async () => {
    const database = freshName()
    await target().sql(`CREATE DATABASE ${database} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'`)
    const url = new URL(target().url)
    url.pathname = database
    const store = postgresStore({ client: () => new Client(url.href) })
    await expect(store.prepare()).rejects.toThrow(/encoding of the database is LATIN1/)
  })
})
