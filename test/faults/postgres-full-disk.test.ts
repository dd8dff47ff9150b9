import { Client } from 'pg'
import { afterEach, expect, it } from 'vitest'
import { type PostgresClient, type PostgresStore, postgresStore } from '../../adapters/postgres/postgres-store.ts'
import { isNotApplied } from '../../src/store/store.ts'
import { changed, groupOf, heavyRecord, record, upTo } from '../../src/testing/sample-records.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { quietly } from '../support/servers/mongo-target.ts'
import {
  type Postgres,
  permitsSmallDisk,
  postgresBinaries,
  postgresMissing,
  startPostgres,
} from '../support/servers/postgres.ts'

const DISK_MB = 16
const found = postgresBinaries && permitsSmallDisk() ? postgresBinaries : undefined
const missing = postgresBinaries
  ? 'no user namespaces: set kernel.apparmor_restrict_unprivileged_userns to 0'
  : postgresMissing

describeWith('postgresStore on a disk that is full', { found, missing }, () => {
  let server: Postgres | undefined
  let store: PostgresStore | undefined
  afterEach(async () => {
    await store?.close()
    await server?.stop()
  })
  const prepared = async (client: (url: string) => PostgresClient) => {
    const running = await startPostgres('', DISK_MB)
    server = running
    const opened = postgresStore({ client: () => client(running.url) })
    store = opened
    await quietly(() => opened.prepare())
    return { running, opened }
  }

  it('faults: on a full disk a write is refused and names the disk, reads go on, and it works when there is room (REV-7)', async () => {
    const { running, opened } = await prepared((url) => new Client(url))
    const records = upTo(20).map(() => record({ groups: ['g'] }))
    for (const one of records) await opened.insert(one)
    const ballast = `${running.disk}/ballast`
    const fill = `COPY (SELECT repeat('x', 8000) FROM generate_series(1, ${DISK_MB * 200})) TO '${ballast}'`
    await expect(running.sql(fill)).rejects.toMatchObject({ code: '53100' })

    const heavy = upTo(30).map(() => heavyRecord({ groups: ['g'] }))
    const isStored = async (one: ReturnType<typeof record>) => (await opened.get([one]))[0]?.revision === one.revision
    const errors: unknown[] = []
    const attempt = async (next: ReturnType<typeof record>, write: () => Promise<unknown>) => {
      const result = await write().catch((error: unknown) => {
        errors.push(error)
        return 'failed'
      })
      // What was reported is what is so.
      expect(await isStored(next), String(result)).toBe(result === 'inserted' || result === true)
    }
    for (const [n, one] of heavy.entries()) {
      const options = n % 3 === 0 ? { limit: { group: 'g', max: 1000 } } : {}
      await attempt(one, () => opened.insert(one, { ...options, durable: n % 2 === 0 }))
    }
    for (const one of records) {
      const next = changed(one, { data: heavy[0]?.data ?? '' })
      await attempt(next, () => opened.replace(one, next))
    }
    const together = await Promise.allSettled(heavy.map((one) => opened.insert({ ...one, id: `${one.id}b` })))
    errors.push(...together.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : [])))
    expect(errors.length).toBeGreaterThan(40)
    for (const error of errors) {
      expect(isNotApplied(error)).toBe(true)
      expect((error as Error).cause).toMatchObject({ message: expect.stringMatching(/No space left on device/) })
    }
    expect(await opened.get(records)).toEqual(records)

    await running.sql(`COPY (SELECT) TO PROGRAM 'rm "${ballast}"'`)
    for (const [n, one] of records.entries()) {
      if (n % 2 === 0) expect(await opened.replace(one, changed(one))).toBe(true)
      else expect(await opened.insert({ ...heavyRecord({ groups: ['g'] }) })).toBe('inserted')
    }
    expect(await opened.count(groupOf('g'), 0)).toBeGreaterThanOrEqual(30)
  })

  it('faults: an error of the file system that rolled a write back is not applied, and the next write works (REV-7)', async () => {
    const { running, opened } = await prepared((url) => new Client(url))
    await running.sql(`
      CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.data = '"unwritable"' THEN RAISE 'could not extend file' USING ERRCODE = '58030'; END IF;
        RETURN NEW;
      END $$;
      CREATE TRIGGER fail BEFORE INSERT OR UPDATE ON appgrant FOR EACH ROW EXECUTE FUNCTION fail()`)
    const one = record()
    await opened.insert(one)
    const unwritable = { data: '"unwritable"' }
    const fresh = record(unwritable)
    const writes = [() => opened.replace(one, changed(one, unwritable)), () => opened.insert(fresh)]
    for (const write of writes) {
      const error = await write().catch((caught: unknown) => caught)
      expect(error).toMatchObject({ cause: { code: '58030' } })
      expect(isNotApplied(error)).toBe(true)
    }
    expect(await opened.get([one, fresh])).toEqual([one, undefined])
    expect(await opened.replace(one, changed(one))).toBe(true)
  })

  it.each([
    ['53100', 'could not write to a file of the log: No space left on device'],
    ['58030', 'could not fsync a file of the log: Input/output error'],
  ])(
    'faults: if the server ends while it reports %s, the outcome of the write is unknown (REV-7)',
    async (code, message) => {
      let sent = 0
      const { running, opened } = await prepared((url) => {
        const client = new Client(url)
        const query = client.query.bind(client) as PostgresClient['query']
        const failing: PostgresClient['query'] = async (statement, values) => {
          const { text } = typeof statement === 'string' ? { text: statement } : statement
          if (!text.startsWith('SELECT "public"."appgrant_replace"($1')) return query(statement, values)
          sent++
          await query(statement, values)
          // As with a log that cannot be written: the server says so, and ends.
          await running.signal('SIGKILL')
          throw Object.assign(new Error(message), { code })
        }
        return Object.assign(client, { query: failing })
      })
      const one = record()
      await opened.insert(one)
      const error = await opened.replace(one, changed(one)).catch((caught: unknown) => caught)
      expect(error).toMatchObject({ message: expect.stringContaining(message) })
      expect(isNotApplied(error)).toBe(false)
      expect(sent).toBe(1)
    },
  )
})
