// npm run bench                 every group
// npm run bench -- redis        one group
// npm run bench -- redis --quick   the same in under 40 seconds
import { kill } from './groups/kill.ts'
import { mongodb } from './groups/mongodb.ts'
import { memory } from './groups/process.ts'
import { redis } from './groups/redis.ts'
import { signed } from './groups/signed.ts'
import { sqlite } from './groups/sqlite.ts'
import { verify } from './groups/verify.ts'
import { type Group, runGroup } from './report.ts'

const GROUPS: Readonly<Record<string, Group>> = { process: memory, kill, redis, mongodb, sqlite, verify, signed }

const args = process.argv.slice(2)
const quick = args.includes('--quick')
const asked = args.filter((arg) => !arg.startsWith('--'))
const unknown = asked.filter((name) => !(name in GROUPS))
if (unknown.length > 0) {
  process.stderr.write(`bench: no group ${unknown.join(', ')}; there are ${Object.keys(GROUPS).join(', ')}\n`)
  process.exit(1)
}
for (const [name, group] of Object.entries(GROUPS)) {
  if (asked.length === 0 || asked.includes(name)) await runGroup(name, group, quick)
}
process.exit(0)
