// Does what each line of JSON on stdin says and replies with a line of JSON: { "insert": record, "options": {} }, { "replace": [from, to] }, { "get": [refs] },
// { "prepare": true }, { "lock": true }, { "unlock": true }. A rejection is { "code", "message", "hint", "notApplied" }. Argument: path.
import { createInterface } from 'node:readline'
import { type Driver, openDriver } from '../../../adapters/sqlite/driver.ts'
import { sqliteStore } from '../../../adapters/sqlite/sqlite-store.ts'
import { isNotApplied } from '../../../src/store/store.ts'

const [, , path = ''] = process.argv
const store = sqliteStore(path)
const locker: { driver?: Driver } = {}
const lockedBy = () => {
  locker.driver ??= openDriver(path)
  return locker.driver
}

async function answerTo(told: ReturnType<typeof JSON.parse>): Promise<unknown> {
  if (told.insert) return store.insert(told.insert, told.options)
  if (told.replace) return store.replace(told.replace[0], told.replace[1])
  if (told.get) return (await store.get(told.get)).map((found) => found ?? null)
  if (told.lock) return lockedBy().exec('BEGIN IMMEDIATE') ?? 'locked'
  if (told.unlock) return lockedBy().exec('ROLLBACK') ?? 'unlocked'
  return (await store.prepare()) ?? 'prepared'
}

function inWords(error: unknown) {
  const explained = isNotApplied(error) && error instanceof Error ? error.cause : error
  const { code, message, hint } = explained as { code?: string; message: string; hint?: string }
  return { code, message, hint, notApplied: isNotApplied(error) }
}

for await (const line of createInterface({ input: process.stdin })) {
  const answer = await answerTo(JSON.parse(line)).catch(inWords)
  process.stdout.write(`${JSON.stringify(answer)}\n`)
}
await store.close()
