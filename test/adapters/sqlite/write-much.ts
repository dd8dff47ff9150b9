// Inserts and replaces for a while, several in flight, and prints how many were done and the first failure. Arguments: path, how many ms.
import { sqliteStore } from '../../../adapters/sqlite/sqlite-store.ts'
import { changed, record } from '../../../src/testing/sample-records.ts'

const [, , path = '', ms = '0'] = process.argv
const store = sqliteStore(path)
await store.prepare()
const end = performance.now() + Number(ms)
const outcome = { writes: 0, longestMs: 0, failure: undefined as string | undefined }
const worker = async () => {
  let app = record({ groups: ['g'] })
  await store.insert(app)
  while (performance.now() < end) {
    const start = performance.now()
    const to = changed(app)
    if (!(await store.replace(app, to))) outcome.failure ??= 'a replace of the stored revision answered false'
    app = to
    outcome.writes++
    outcome.longestMs = Math.max(outcome.longestMs, performance.now() - start)
  }
}
const workers = await Promise.allSettled([1, 2, 3, 4].map(worker))
for (const { status, ...rest } of workers) if (status === 'rejected') outcome.failure ??= String(Object.values(rest)[0])
process.stdout.write(`${JSON.stringify(outcome)}\n`)
await store.close()
