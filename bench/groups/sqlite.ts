import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { sqliteStore } from '../../dist/sqlite.js'
import { cycle, mint, platform } from '../apps.ts'
import { atOnce, interleaved } from '../measure.ts'
import type { Group } from '../report.ts'

// The size of a page where nobody chose another.
const PAGE_BYTES = 4096

interface Statement {
  get(...values: unknown[]): unknown
  run(...values: unknown[]): unknown
}
interface Database {
  exec(sql: string): unknown
  prepare(sql: string): Statement
  close(): void
}

/** One file, beside prepared statements of the same driver on a file of the same settings. */
export const sqlite: Group = async (bench) => {
  const folder = mkdtempSync(join(tmpdir(), 'appgrant-bench-'))
  const { open, driver } = driverHere()
  const raw = open(join(folder, 'raw.db'))
  raw.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  raw.exec('CREATE TABLE record (id TEXT PRIMARY KEY, data TEXT NOT NULL) STRICT, WITHOUT ROWID')
  raw.exec(
    'CREATE TABLE member (list TEXT, position INTEGER, id TEXT, PRIMARY KEY (list, position, id)) STRICT, WITHOUT ROWID',
  )
  const [begin, commit] = [raw.prepare('BEGIN IMMEDIATE'), raw.prepare('COMMIT')]
  const insertRecord = raw.prepare('INSERT INTO record VALUES (?, ?)')
  const insertMember = raw.prepare('INSERT INTO member VALUES (?, ?, ?)')
  const read = raw.prepare('SELECT data FROM record WHERE id = ?')
  const data = randomBytes(100).toString('hex')
  const insert = async () => {
    const id = randomUUID()
    begin.run()
    insertRecord.run(id, data)
    insertMember.run('list', Date.now(), id)
    commit.run()
    return id
  }

  const file = open(join(folder, 'ours.db'))
  const { appgrant, key, secret } = await platform(sqliteStore(file))
  const tokens = cycle(await mint(appgrant, { key, secret }, 1000))
  const ids: string[] = []
  for (let at = 0; at < 1000; at++) ids.push(await insert())
  const id = cycle(ids)
  const contenders = [
    { name: 'verify', run: () => appgrant.authorizer.tryVerify(tokens()) },
    { name: 'read', run: async () => [read.get(id()), read.get(ids[0])] },
    { name: 'issue', run: () => appgrant.authorizer.clientCredentials({ key, secret }) },
    { name: 'insert', run: insert },
  ]
  for (const inFlight of [1, 64, 256]) {
    const of = await interleaved(atOnce(inFlight, contenders), {
      rounds: bench.quick ? 3 : 9,
      millis: bench.quick ? 300 : 1000,
    })
    bench.compare({
      measure: `strict verify, ${inFlight} in flight`,
      goal: inFlight === 1 ? '>= 0.5' : 'none',
      ours: of('verify'),
      reference: of('read'),
      against: `two raw point reads, ${driver}`,
    })
    bench.compare({
      measure: `issue, ${inFlight} in flight`,
      goal: inFlight === 1 ? '>= 0.5' : 'none',
      ours: of('issue'),
      reference: of('insert'),
      against: `a raw insert of the same two rows, ${driver}`,
    })
  }
  const many = bench.quick ? 5000 : 50_000
  const grown = async (database: Database, add: () => Promise<unknown>) => {
    const before = pages(database)
    await add()
    return ((pages(database) - before) * PAGE_BYTES) / many
  }
  bench.row({
    measure: `a token without user agent, in the file, ${many.toLocaleString('en')} of them`,
    ours: await grown(file, () => mint(appgrant, { key, secret }, many)),
    reference: await grown(raw, async () => {
      for (let at = 0; at < many; at++) await insert()
    }),
    against: 'the same two raw rows',
    unit: 'bytes',
    goal: 'none',
  })
  await appgrant.close()
  raw.close()
  rmSync(folder, { recursive: true })
}

/** Pages that are in use. */
function pages(database: Database): number {
  const { all } = database
    .prepare('SELECT page_count - freelist_count AS "all" FROM pragma_page_count, pragma_freelist_count')
    .get() as { all: number }
  return all
}

function driverHere(): { driver: string; open: (file: string) => Database } {
  try {
    const Better = createRequire(resolve('.cache/better-sqlite3/package.json'))('better-sqlite3')
    return { driver: 'better-sqlite3', open: (file) => new Better(file) }
  } catch {
    const { DatabaseSync } = createRequire(import.meta.url)('node:sqlite')
    return { driver: 'node:sqlite', open: (file) => new DatabaseSync(file) }
  }
}
