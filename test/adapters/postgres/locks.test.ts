import { Client } from 'pg'
import { expect, it } from 'vitest'
import { changed, groupOf, inMs, record } from '../../../src/testing/sample-records.ts'
import { describeWithPostgres, freshName } from '../../support/servers/postgres-target.ts'
import { until } from '../../support/servers/until.ts'

// Races find a missing lock now and then. Here one side is held open until the other waits.
describeWithPostgres('the locks of postgresStore', (target) => {
  const setting = async () => {
    const table = freshName()
    const store = await target().preparedStore(table)
    const app = record({ groups: ['owner'] })
    await store.insert(app)
    // Another node, in a transaction that is not committed yet.
    const other = new Client(target().url)
    await other.connect()
    await other.query('BEGIN')
    const inserts = (fields: object) => JSON.stringify([{ n: 0, position: 1, revision: 'r', data: '1', ...fields }])
    return {
      store,
      app,
      other,
      table,
      key: `${app.partition}:${app.kind}:${app.id}`,
      inserts,
      waits: (count: number) =>
        until(
          'calls wait',
          async () => {
            const [row] = await target().sql(`SELECT count(*)::int AS n FROM pg_locks JOIN pg_database ON oid = database
              WHERE NOT granted AND locktype = 'advisory' AND datname = current_database()`)
            return row?.n === count
          },
          { withinMs: 5000 },
        ),
    }
  }

  it('an insert into a limited list waits for another, and finds the list full (APP-6)', async () => {
    const { store, other, table, waits } = await setting()
    const list = 'p0:thing:owner'
    const insert = `SELECT ${table}_insert_one('p0:thing:other', ARRAY[$1], 1, NULL, 'r', '1', NULL, NULL, true, true, $1, 2)`
    await other.query(insert, [list])
    const inserting = store.insert(record({ groups: ['owner'] }), { limit: { group: 'owner', max: 2 } })
    await waits(1)
    await other.query('COMMIT')
    expect(await inserting).toBe('full')
    expect(await store.count(groupOf('owner'), 0)).toBe(2)
    await other.end()
  })

  it('an insert that names a record waits for a replace of it, and is stale (REV-4)', async () => {
    const { store, app, other, table, key, waits } = await setting()
    await other.query(`SELECT ${table}_replace($1, $2, '{}', 1, NULL, 'next', '1')`, [key, app.revision])
    const tokens = [record({ expiresAt: inMs(60_000) }), record({ expiresAt: inMs(60_000) })]
    const onlyIf = { ref: app, revision: app.revision }
    const inserting = Promise.all(tokens.map((token) => store.insert(token, { onlyIf })))
    const limited = store.insert(record({ groups: ['g'] }), { onlyIf, limit: { group: 'g', max: 1 } })
    await waits(2)
    await other.query('COMMIT')
    expect([...(await inserting), await limited]).toEqual(['stale', 'stale', 'stale'])
    expect(await store.get(tokens)).toEqual([undefined, undefined])
    await other.end()
  })

  it('a replace waits for an insert that names the record, and later inserts do not overtake it (REV-4)', async () => {
    const { store, app, other, table, key, inserts, waits } = await setting()
    const token = { key: 'p0:thing:token', expires_at: inMs(60_000), condition: 1 }
    const conditions = JSON.stringify([{ key, revision: app.revision }])
    await other.query(`SELECT ${table}_insert($1, $2, false, true)`, [inserts(token), conditions])
    const replacing = store.replace(app, changed(app))
    await waits(1)
    const inserting = store.insert(record(), { onlyIf: { ref: app, revision: app.revision } })
    await waits(2)
    await other.query('COMMIT')
    expect(await replacing).toBe(true)
    expect(await inserting).toBe('stale')
    await other.end()
  })
})
