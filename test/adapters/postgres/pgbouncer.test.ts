import { Client } from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type PostgresStore, postgresStore } from '../../../adapters/postgres/postgres-store.ts'
import type { RecordRef } from '../../../src/store/store.ts'
import { conformance } from '../../../src/testing/index.ts'
import { changed, record, refOf } from '../../../src/testing/sample-records.ts'
import { commandLine, resultsIn } from '../../support/command-line.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { quietly } from '../../support/servers/mongo-target.ts'
import { type PgBouncer, pgbouncerBinary, pgbouncerMissing, startPgBouncer } from '../../support/servers/pgbouncer.ts'
import { type Postgres, postgresBinaries, postgresMissing, startPostgres } from '../../support/servers/postgres.ts'
import { freshName } from '../../support/servers/postgres-target.ts'
import { until } from '../../support/servers/until.ts'

// A transaction gets any connection of the few to the server; a session keeps one of its own.
for (const [mode, poolSize] of [
  ['transaction', 4],
  ['session', 200],
] as const)
  describeWith(
    `postgresStore behind PgBouncer in ${mode} mode`,
    { found: postgresBinaries && pgbouncerBinary, missing: postgresBinaries ? pgbouncerMissing : postgresMissing },
    () => {
      let server: Postgres
      let pooler: PgBouncer
      const stores: PostgresStore[] = []
      beforeAll(async () => {
        server = await startPostgres()
        pooler = await startPgBouncer(server, mode, poolSize)
      })
      afterAll(async () => {
        await Promise.all(stores.map((store) => store.close()))
        await pooler?.stop()
        await server?.stop()
      })
      const storeOn = (table: string, { hears = true } = {}) => {
        const listener = hears ? () => new Client(server.url) : undefined
        const store = postgresStore({ client: () => new Client(pooler.url), listener, table })
        stores.push(store)
        return store
      }
      const open = async (table: string) => {
        const store = storeOn(table)
        await quietly(() => store.prepare())
        return store
      }

      for (const { name, rule, run } of conformance) it(`${name}: ${rule}`, () => run({ open }))

      it('no setting reaches other clients of the pooler', async () => {
        const store = await open(freshName())
        const [one, token] = [record(), record({ expiresAt: Date.now() + 60_000 })]
        await Promise.all([store.insert(one), store.insert(token), store.get([one])])
        await store.replace(one, changed(one))
        const clients = Array.from({ length: 8 }, () => new Client(pooler.url))
        await Promise.all(clients.map((client) => client.connect()))
        const found = await Promise.all(
          clients.map(async (client) => {
            const names = [
              'statement_timeout',
              'lock_timeout',
              'synchronous_commit',
              'jit',
              'enable_seqscan',
              'plan_cache_mode',
            ]
            const shown = names.map((name) => `current_setting('${name}')`).join(` || ' ' || `)
            return (await client.query(`SELECT ${shown} AS settings`)).rows[0].settings
          }),
        )
        expect(new Set(found)).toEqual(new Set(['0 0 on on on auto']))
        await Promise.all(clients.map((client) => client.end()))
      })

      it('without a listener prepare() warns and removes watch, and a listener behind the pooler is refused', async () => {
        const deaf = storeOn(freshName(), { hears: false })
        await expect(deaf.watch?.(() => {})).rejects.toMatchObject({
          cause: { message: expect.stringMatching(/option listener/) },
        })
        expect((await quietly(() => deaf.prepare())).at(-1)).toBe('APPGRANT_POSTGRES_HINTS')
        expect('watch' in deaf).toBe(false)
        const ran = await commandLine(['doctor', '--json', '--store', pooler.url, '--table', freshName()])
        expect(ran.code).toBe(0)
        expect(resultsIn(ran)).toContainEqual(
          expect.objectContaining({ check: 'prepare', status: 'warning', code: 'APPGRANT_POSTGRES_HINTS' }),
        )
        const store = await open(freshName())
        const heard: RecordRef[] = []
        await store.watch?.((ref) => heard.push(ref))
        const one = record()
        await store.insert(one)
        await store.replace(one, changed(one))
        await until('the hint came', () => heard.length === 1)
        expect(heard).toEqual([refOf(one)])
      })
    },
  )
