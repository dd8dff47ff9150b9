import { randomInt } from 'node:crypto'
import { Client } from 'pg'
import { afterEach, expect, it, vi } from 'vitest'
import { type PostgresClient, postgresStore } from '../../../adapters/postgres/postgres-store.ts'
import { isNotApplied, type RecordRef } from '../../../src/store/store.ts'
import { changed, groupOf, inMs, record, upTo } from '../../../src/testing/sample-records.ts'
import { describeWithPostgres, freshName } from '../../support/servers/postgres-target.ts'
import { until } from '../../support/servers/until.ts'

// What a caller that ignores the types could pass (S40), and text that means more than a name elsewhere (S43).
const NO_NAMES: readonly unknown[] = [
  ...[{ $ne: null }, ['a'], [], 1, 0, true, null, undefined, new Date(), Object('a'), { toString: () => 'a' }],
  ...[
    '',
    'a:b',
    "a'b",
    'a"b',
    '{a}',
    'a,b',
    'NULL ',
    'a\\b',
    'a\r\nb',
    'a\u0000b',
    'a b',
    '$1',
    'a/b',
    'é',
    'x'.repeat(201),
  ],
]

describeWithPostgres('postgresStore statements', (target) => {
  /** A prepared store, what it sends, and its table. */
  const observed = async () => {
    const table = freshName()
    await target().preparedStore(table)
    const sent: string[] = []
    const clients: Client[] = []
    const rewritten = { from: '', to: '' }
    const observedClient = () => {
      const client = new Client(target().url)
      clients.push(client)
      const query = client.query.bind(client) as PostgresClient['query']
      const observe: PostgresClient['query'] = (statement, values) => {
        const { text, ...named } = typeof statement === 'string' ? { text: statement, values: values ?? [] } : statement
        sent.push(text)
        const name = rewritten.from === '' || !('name' in named) ? named : { ...named, name: `${named.name}_rewritten` }
        return query({ name: '', ...name, text: text.replace(rewritten.from, rewritten.to) })
      }
      return Object.assign(client, { query: observe })
    }
    const store = postgresStore({ client: observedClient, table })
    /** What calls sent, other than what opens a connection and what is done beside writes. */
    const operations = () => sent.filter((text) => !/pg_backend_pid|pg_notify|_sweep/.test(text))
    await store.get([record()])
    return { store, sent, operations, table, rewritten, clients }
  }
  afterEach(() => void vi.useRealTimers())
  const many = (count: number) => upTo(count).map(() => record({ groups: ['g'] }))

  it('each operation is one statement, the inserts of one turn are one, and so are its reads', async () => {
    const { store, sent, operations } = await observed()
    const records = many(64)
    const [first = record()] = records
    const does = async (call: () => Promise<unknown>, statements = 1) => {
      sent.length = 0
      const result = await call()
      expect(operations()).toHaveLength(statements)
      return result
    }
    const insertAll = (some: readonly (typeof first)[]) => () => Promise.all(some.map((one) => store.insert(one)))
    expect(await does(insertAll(records.slice(0, 31)))).toEqual(upTo(31).map(() => 'inserted'))
    // Many are shared among the connections that are free.
    expect(await does(insertAll(records.slice(31)), 2)).toEqual(upTo(33).map(() => 'inserted'))
    expect(await does(() => Promise.all(records.map((one) => store.get([one]))))).toEqual(records.map((one) => [one]))
    expect(await does(() => store.insert(record({ groups: ['g'] }), { limit: { group: 'g', max: 65 } }))).toBe(
      'inserted',
    )
    const onlyIf = { ref: first, revision: first.revision }
    expect(await does(() => store.insert(record({ expiresAt: inMs(60_000) }), { onlyIf }))).toBe('inserted')
    expect(await does(() => store.replace(first, changed(first)))).toBe(true)
    expect(await does(() => store.count(groupOf('g'), 0))).toBe(65)
    await does(() => store.list(groupOf('g'), { limit: 10 }))
    expect(await does(async () => store.time?.())).toBeGreaterThan(Date.now() - 60_000)
    await store.close()
  })

  it('calls that come while all connections are busy are sent together once one is free', async () => {
    const { store, operations, table } = await observed()
    const holder = new Client(target().url)
    await holder.connect()
    await holder.query(`BEGIN; LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`)
    const before = operations().length
    const inserts: Promise<unknown>[] = []
    const gets: Promise<unknown>[] = []
    const one = record()
    for (const _ of upTo(20)) {
      inserts.push(store.insert(record()))
      gets.push(store.get([one]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await holder.query('COMMIT')
    expect(new Set(await Promise.all(inserts))).toEqual(new Set(['inserted']))
    expect(await Promise.all(gets)).toEqual(gets.map(() => [undefined]))
    // Two connections of each kind that were taken at first, and what came then.
    expect(operations().length - before).toBeLessThanOrEqual(8)
    await holder.end()
    await store.close()
  })

  it('the same ref inserted several times in one turn is inserted once', async () => {
    const { store } = await observed()
    const one = record()
    const results = await Promise.all([one, one, record(), one].map((each) => store.insert(each)))
    expect(results).toEqual(['inserted', 'exists', 'inserted', 'exists'])
    await store.close()
  })

  it('of those with the same ref in one turn, the first one whose condition holds is inserted', async () => {
    const { store } = await observed()
    const [app, one, other] = [record(), record(), record()]
    await store.insert(app)
    const holds = { ref: app, revision: app.revision }
    const tried = [
      { each: one, onlyIf: { ...holds, revision: 'another' } },
      { each: changed(one), onlyIf: holds },
      { each: changed(one) },
      { each: app, onlyIf: holds },
      { each: other },
      { each: changed(other), onlyIf: { ref: record(), revision: app.revision } },
    ]
    const results = await Promise.all(tried.map(({ each, onlyIf }) => store.insert(each, onlyIf && { onlyIf })))
    expect(results).toEqual(['stale', 'inserted', 'exists', 'exists', 'inserted', 'stale'])
    expect(await store.get([app, one, other])).toEqual([app, tried[1]?.each, other])
    await store.close()
  })

  it('an invalid ref or number sends no statement at all (S40, S43)', async () => {
    const { store, sent } = await observed()
    sent.length = 0
    const one = record({ groups: ['g'] })
    const group = groupOf('g')
    const calls = NO_NAMES.flatMap((bad) => [
      ...(['kind', 'partition', 'id'] as const).flatMap((part) => {
        const ref = { ...one, [part]: bad } as typeof one
        return [() => store.get([one, ref as RecordRef]), () => store.insert(ref), () => store.replace(ref, one)]
      }),
      () => store.replace({ ...one, revision: bad as string }, one),
      () => store.insert(record({ groups: ['g', bad as string] })),
      () => store.insert(one, { limit: { group: bad as string, max: 1 } }),
      () => store.insert(one, { onlyIf: { ref: { ...one, id: bad as string }, revision: 'r' } }),
      () => store.count({ ...group, group: bad as string }, 0),
      () => store.list({ ...group, partition: bad as string }, { limit: 1 }),
    ])
    const numbers = ['0', null, Number.NaN, 1.5, [0], { valueOf: () => 1 }] as unknown as number[]
    calls.push(
      ...numbers.flatMap((bad) => [
        () => store.count(group, bad),
        () => store.list(group, { limit: bad }),
        () => store.list(group, { limit: 1, after: { position: bad, id: '' } }),
        () => store.insert(record({ position: bad })),
        () => store.insert(one, { limit: { group: 'g', max: bad } }),
      ]),
    )
    for (const outcome of await Promise.allSettled(calls.map(async (call) => call())))
      expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'TypeError' } })
    expect(sent).toEqual([])
    await store.close()
  })

  it('a write that the server rolled back is not applied, and one of a lost connection is unknown', async () => {
    const { store, table } = await observed()
    const one = record()
    await store.insert(one)
    await target().sql(`ALTER TABLE ${table} ADD CONSTRAINT refused CHECK (data <> '"refused"')`)
    const refused = record({ data: '"refused"' })
    for (const call of [() => store.insert(refused), () => store.replace(one, { ...changed(one), data: '"refused"' })])
      expect(isNotApplied(await call().catch((error: unknown) => error))).toBe(true)
    await target().sql(`
      CREATE FUNCTION ${table}_cut() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(5); RETURN NEW; END $$;
      CREATE TRIGGER cut BEFORE INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${table}_cut()`)
    for (const call of [() => store.insert(record()), () => store.replace(one, changed(one))]) {
      const error = await call().catch((caught: unknown) => caught)
      expect(error).toBeInstanceOf(Error)
      expect(isNotApplied(error)).toBe(false)
    }
    await target().sql(`DROP TRIGGER cut ON ${table}`)
    expect(await store.replace(one, changed(one))).toBe(true)
    await store.close()
  })

  it('a read that a pooler sent to a standby is refused, and so is a write (REV-3)', async () => {
    const { store, table, rewritten } = await observed()
    const one = record({ groups: ['g'] })
    await store.insert(one)
    // Later connections would be refused when they are opened.
    await store.count(groupOf('g'), 0)
    Object.assign(rewritten, { from: 'pg_catalog.pg_is_in_recovery()', to: 'true' })
    const calls = [() => store.list(groupOf('g'), { limit: 1 }), () => store.get([one]), () => store.get([record()])]
    for (const call of [...calls, () => store.count(groupOf('g'), 0)])
      await expect(call()).rejects.toThrow(/is a standby/)
    await target().sql(`ALTER ROLE postgres SET default_transaction_read_only = on`)
    const reading = target().storeOn(table)
    const error = await reading.replace(one, changed(one)).catch((caught: unknown) => caught)
    await target().sql(
      `SET default_transaction_read_only = off; ALTER ROLE postgres RESET default_transaction_read_only`,
    )
    expect(isNotApplied(error)).toBe(true)
    await store.close()
  })

  it('a serialization failure is sent again, a bounded number of times', async () => {
    const { store, operations, table } = await observed()
    await target().sql(`
      CREATE SEQUENCE ${table}_attempts;
      CREATE FUNCTION ${table}_fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF nextval('${table}_attempts') < 4 OR NEW.data = '"never"' THEN RAISE SQLSTATE '40001'; END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER fail BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION ${table}_fail()`)
    expect(await store.insert(record())).toBe('inserted')
    expect(operations().filter((text) => text.includes('_insert'))).toHaveLength(4)
    const error = await store.insert(record({ data: '"never"' })).catch((caught: unknown) => caught)
    expect(isNotApplied(error)).toBe(true)
    expect(operations().filter((text) => text.includes('_insert'))).toHaveLength(9)
    await store.close()
  })

  it('writes that wait for a lock end before the deadline as not applied, and no read waits for them', async () => {
    const { store, table } = await observed()
    const [one, ...others] = many(40) as [ReturnType<typeof record>, ...ReturnType<typeof record>[]]
    await Promise.all([one, ...others].map((each) => store.insert(each)))
    const holder = new Client(target().url)
    await holder.connect()
    await holder.query(`BEGIN; SELECT FROM ${table} WHERE revision = '${one.revision}' FOR UPDATE`)
    const began = performance.now()
    const waiting = Promise.allSettled(upTo(20).map(() => store.replace(one, changed(one))))
    for (const each of others) expect(await store.get([each])).toEqual([each])
    expect(await store.count(groupOf('g'), 0)).toBe(40)
    for (const outcome of await waiting)
      expect(outcome.status === 'rejected' && isNotApplied(outcome.reason)).toBe(true)
    expect(performance.now() - began).toBeLessThan(5000)
    await holder.end()
    expect(await store.replace(one, changed(one))).toBe(true)
    await store.close()
  })

  it('races on warm connections have one winner, exact limits, and no insert after the record that it names (APP-6)', async () => {
    const { store, table } = await observed()
    const other = target().storeOn(table)
    const nodeOf = (n: number) => (n % 2 === 0 ? store : other)
    await Promise.all(upTo(200).map((n) => nodeOf(n).insert(record())))
    for (let round = 0; round < 40; round++) {
      const one = record()
      await store.insert(one)
      const twin = record()
      const group = `round${round}`
      const limit = { group, max: 3 }
      const [replaced, same, limited, named] = await Promise.all([
        Promise.all(upTo(16).map((n) => nodeOf(n).replace(one, changed(one)))),
        Promise.all(upTo(8).map((n) => nodeOf(n).insert({ ...twin, revision: `r${n}` }))),
        Promise.all(upTo(12).map((n) => nodeOf(n).insert(record({ groups: [group] }), { limit }))),
        Promise.all(
          upTo(8).map(async (n) => {
            if (randomInt(2)) await new Promise((resolve) => setImmediate(resolve))
            const made = record({ groups: [`${group}named`] })
            return nodeOf(n).insert(made, { onlyIf: { ref: one, revision: one.revision } })
          }),
        ),
      ])
      expect(replaced.filter(Boolean)).toHaveLength(1)
      expect(same.filter((result) => result === 'inserted')).toHaveLength(1)
      expect(limited.filter((result) => result === 'inserted')).toHaveLength(3)
      const count = await store.count({ ...groupOf(group), group: `${group}named` }, 0)
      expect(named.filter((result) => result === 'inserted')).toHaveLength(count)
    }
    await store.close()
  })

  it('durable writes wait for the disk whatever the server is set to, and new tokens do not', async () => {
    const { table } = await observed()
    const settingIn = async (call: string, server: string) => {
      const client = new Client(target().url)
      await client.connect()
      await client.query(`BEGIN; SET LOCAL synchronous_commit = ${server}`)
      await client.query(call)
      const { rows } = await client.query('SHOW synchronous_commit')
      await client.end()
      return rows[0].synchronous_commit
    }
    const insert = (isDurable: boolean) => `SELECT ${table}_insert('[]', '[]', ${isDurable}, true)`
    const replace = `SELECT ${table}_replace('a:b:c', 'r', '{}', 1, NULL, 's', '1')`
    for (const server of ['off', 'local', 'remote_write', 'on']) {
      expect(await settingIn(replace, server)).toBe('on')
      expect(await settingIn(insert(true), server)).toBe('on')
      expect(await settingIn(insert(false), server)).toBe('off')
    }
    expect(await settingIn(replace, 'remote_apply')).toBe('remote_apply')
  })

  it('expired records are deleted beside writes a minute after their expiry, and others are kept', async () => {
    const { store, table } = await observed()
    // One expiry: a sweep goes on from the last one that it found, and what is written later with an earlier one waits.
    const expiresAt = Date.now() - 61_000
    const old = upTo(400).map(() => record({ groups: ['g'], expiresAt }))
    const kept = [record({ expiresAt: Date.now() - 30_000 }), record(), record({ expiresAt: inMs(60_000) })]
    const revived = record({ groups: ['g'], expiresAt: Date.now() - 30_000 })
    await store.insert(revived)
    const next = changed(revived, { expiresAt: inMs(3_600_000) })
    expect(await store.replace(revived, next)).toBe(true)
    await Promise.all([...old, ...kept].map((one) => store.insert(one)))
    await until('the expired are gone', async () => {
      await store.insert(record({ expiresAt: Date.now() - 61_000 }))
      const [row] = await target().sql(
        `SELECT count(*)::int AS n FROM ${table} WHERE expires_at < ${Date.now() - 60_500}`,
      )
      return Number(row?.n) < 5
    })
    expect(await store.get([...kept, next])).toEqual([...kept, next])
    await store.close()
  })

  it('a sweep that left nothing is followed by one a second later, whatever is written', async () => {
    vi.useFakeTimers({ toFake: ['performance'] })
    const { store, sent } = await observed()
    const sweeps = () => sent.filter((text) => text.includes('_sweep')).length
    for (const [second, turns] of [10, 0, 0, 10].entries()) {
      let inserts = 0
      await until('a sweep', async () => {
        await store.insert(record({ expiresAt: inMs(60_000) }))
        inserts++
        return sweeps() === second + 1
      })
      // The one before may still be under way.
      expect(inserts).toBeLessThan(100)
      for (let turn = 0; turn < turns; turn++) await Promise.all(many(30).map((one) => store.insert(one)))
      expect(sweeps()).toBe(second + 1)
      vi.advanceTimersByTime(1000)
    }
    await store.close()
  })

  it('a durable insert of what exists leaves no dead rows', async () => {
    const { store, table } = await observed()
    const one = record()
    await store.insert(one)
    for (let turn = 0; turn < 10; turn++) {
      const results = await Promise.all([...many(30), one].map((each) => store.insert(each)))
      expect(results).toEqual([...upTo(30).map(() => 'inserted'), 'exists'])
    }
    await store.close()
    await until('all inserts are counted', async () => {
      const [row] =
        await target().sql(`SELECT pg_stat_clear_snapshot(), n_tup_ins::int AS inserted, n_dead_tup::int AS dead
        FROM pg_stat_user_tables WHERE relname = '${table}'`)
      if (Number(row?.inserted) < 301) return false
      expect(row).toMatchObject({ inserted: 301, dead: 0 })
      return true
    })
  })

  it('each connection plans a statement once, not for each array of keys', async () => {
    const { store, clients } = await observed()
    const records = many(30)
    for (const [n, one] of records.entries()) {
      await store.insert(one)
      await store.insert(record({ groups: ['g'] }), { limit: { group: 'g', max: 1000 } })
      await store.get(records.slice(0, n + 1))
      await store.list(groupOf('g'), { limit: n + 1 })
      await store.count(groupOf('g'), 0)
      await store.replace(one, changed(one))
    }
    const plans = await Promise.all(
      clients.map((client) =>
        client.query('SELECT generic_plans::int AS generic, custom_plans::int AS custom FROM pg_prepared_statements'),
      ),
    )
    const rows = plans.flatMap(({ rows }) => rows as readonly { readonly generic: number; readonly custom: number }[])
    expect(rows.reduce((sum, { generic }) => sum + generic, 0)).toBeGreaterThan(150)
    expect(rows.filter(({ custom }) => custom > 0)).toEqual([])
    await store.close()
  })

  it('a sweep reads no record that has not expired', async () => {
    const { store, table } = await observed()
    await Promise.all(upTo(300).map(() => store.insert(record({ expiresAt: inMs(3_600_000) }))))
    const [row] = await target().sql(`
      SELECT ${table}_sweep(0);
      SELECT idx_scan::int AS scans, idx_tup_fetch::int AS rows FROM pg_stat_xact_user_tables
      WHERE relname = '${table}'`)
    expect(row).toEqual({ scans: 1, rows: 0 })
    await store.close()
  })

  it('the plan of every statement uses an index, however small the table was when it was first run', async () => {
    const { store, table } = await observed()
    await Promise.all(many(300).map((one) => store.insert(one)))
    const used = async () => {
      const [row] = await target().sql(
        `SELECT pg_stat_clear_snapshot(), seq_scan::int AS n FROM pg_stat_user_tables WHERE relname = '${table}'`,
      )
      return Number(row?.n)
    }
    await target().sql(`ANALYZE ${table}`)
    const before = await used()
    for (let round = 0; round < 20; round++) {
      const one = record({ groups: ['g'] })
      await store.insert(one, { limit: { group: 'g', max: 1000 } })
      await store.insert(record(), { onlyIf: { ref: one, revision: one.revision } })
      const more = many(3)
      await Promise.all(
        [one, ...more].map((each) => store.insert(each, { onlyIf: { ref: one, revision: one.revision } })),
      )
      await store.replace(one, changed(one))
    }
    await store.close()
    // PostgreSQL 14 counts a moment later.
    await until('updates that change no index are counted', async () => {
      const [row] = await target().sql(`SELECT pg_stat_clear_snapshot(), n_tup_hot_upd::int AS n
        FROM pg_stat_user_tables WHERE relname = '${table}'`)
      return Number(row?.n) > 0
    })
    expect(await used()).toBe(before)
  })

  it('behind a pooler, a function uses the indexes of a small table with the settings of the server', async () => {
    const { store, table } = await observed()
    await store.insert(record({ groups: ['g'] }))
    const inserted = JSON.stringify(
      many(3).map(({ id, ...more }) => ({ ...more, key: `p0:thing:${id}`, list1: 'p0:thing:g', condition: 1 })),
    )
    const insert = `SELECT ${table}_insert('${inserted}', '[{"key": "p0:thing:one", "revision": "r"}]', false, true)`
    const one = `'p0:thing:one', ARRAY['p0:thing:g'], 1, NULL, 'r', '1'`
    const [row] = await target().sql(`
      ANALYZE ${table};
      SET plan_cache_mode = force_generic_plan;
      ${insert};
      SELECT ${table}_insert_one(${one}, NULL, NULL, true, true, 'p0:thing:g', 900);
      ${insert};
      ${insert};
      SELECT ${table}_replace('p0:thing:one', 'r', '{}', 1, NULL, 's', '1');
      SELECT ${table}_sweep(0);
      SELECT seq_scan::int AS scans FROM pg_stat_xact_user_tables WHERE relname = '${table}'`)
    expect(row).toEqual({ scans: 0 })
    expect(await store.count(groupOf('g'), 0)).toBe(4)
    await store.close()
  })
})
