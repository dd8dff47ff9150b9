import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { sqliteStore } from 'appgrant/sqlite'
import { cycle, mint, platform } from '../apps.ts'
import { interleaved } from '../measure.ts'
import type { Group } from '../report.ts'

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

  const { grants, key, secret } = await platform(sqliteStore(open(join(folder, 'ours.db'))))
  const tokens = cycle(await mint(grants, { key, secret }, 1000))
  const ids: string[] = []
  for (let at = 0; at < 1000; at++) ids.push(await insert())
  const id = cycle(ids)
  const contenders = [
    { name: 'verify', run: () => grants.authorizer.verify(tokens()) },
    { name: 'read', run: async () => [read.get(id()), read.get(ids[0])] },
    { name: 'issue', run: () => grants.authorizer.grantTrusted({ key, secret }) },
    { name: 'insert', run: insert },
  ]
  for (const inFlight of [1, 64]) {
    const rounds = await interleaved(contenders, {
      inFlight,
      rounds: bench.quick ? 3 : 9,
      millis: bench.quick ? 400 : 1000,
    })
    const of = (name: string) => rounds.get(name) ?? []
    bench.compare({
      measure: `strict verify, ${inFlight} in flight`,
      goal: '>= 0.6',
      ours: of('verify'),
      reference: of('read'),
      against: `two raw point reads, ${driver}`,
    })
    bench.compare({
      measure: `issue, ${inFlight} in flight`,
      goal: '>= 0.6',
      ours: of('issue'),
      reference: of('insert'),
      against: `a raw insert of the same two rows, ${driver}`,
    })
  }
  await grants.close()
  raw.close()
  rmSync(folder, { recursive: true })
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
