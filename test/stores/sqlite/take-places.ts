// Tries to take a place in each of many groups, all of which have one place left for two such processes. Prints 'ready', waits for a
// line, and prints how many it took in each. Arguments: path, number of groups, places in each.
import { once } from 'node:events'
import { sqliteStore } from '../../../adapters/sqlite/sqlite-store.ts'
import { record, upTo } from '../../../src/testing/sample-records.ts'

const [, , path = '', groups = '0', max = '0'] = process.argv
const store = sqliteStore(path)
await store.prepare()
process.stdout.write('ready\n')
await once(process.stdin, 'data')
const taken: number[] = []
for (const n of upTo(Number(groups))) {
  const group = `owner${n}`
  const limit = { group, max: Number(max) }
  const answers = await Promise.all([1, 2].map(() => store.insert(record({ groups: [group] }), { limit })))
  taken.push(answers.filter((answer) => answer === 'inserted').length)
}
process.stdout.write(`${JSON.stringify(taken)}\n`)
await store.close()
process.stdin.destroy()
