// Writes as fast as it can and prints a line for each acknowledged write: '<id> <number of its revision>'. First it checks that all
// records given on stdin as '[[id, number], ...]' are there, and prints the missing ones. Arguments: path, first number.
import { writeSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { sqliteStore } from '../../../adapters/sqlite/sqlite-store.ts'
import type { StoreRecord } from '../../../src/store/store.ts'
import { inMs, record, refOf } from '../../../src/testing/sample-records.ts'

const [, , path = '', first = '0'] = process.argv
const STDOUT = 1
const say = (line: string) => writeSync(STDOUT, `${line}\n`)
const revisionOf = (found: StoreRecord | undefined) => Number(found?.revision ?? -1)

const store = sqliteStore(path)
let number = Number(first)
const next = () => `${number++}`

for await (const line of createInterface({ input: process.stdin })) {
  const acknowledged = JSON.parse(line) as readonly (readonly [string, number])[]
  const found = await store.get(acknowledged.map(([id]) => refOf(record({ id }))))
  const missing = acknowledged.filter(([, revision], index) => revisionOf(found[index]) < revision)
  say(JSON.stringify(missing))
  break
}

const acknowledge = (written: StoreRecord) => say(`${written.id} ${written.revision}`)
let app = record({ groups: ['apps'], revision: next() })
await store.insert(app)
acknowledge(app)
for (;;) {
  const from = app
  app = { ...from, revision: next(), groups: from.groups[0] === 'apps' ? ['others'] : ['apps'] }
  const token = record({ groups: ['tokens'], expiresAt: inMs(3_600_000), revision: next() })
  const guard = record({ groups: ['tokens'], expiresAt: inMs(3_600_000), revision: next() })
  await Promise.all([
    store.replace(from, app).then((done) => done && acknowledge(app)),
    store.insert(token).then(() => acknowledge(token)),
    store.insert(guard, { durable: true }).then(() => acknowledge(guard)),
  ])
}
