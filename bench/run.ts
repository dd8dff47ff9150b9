// npm run bench                    every group; then the tables of docs/performance.md are written from bench/results
// npm run bench -- redis           one group
// npm run bench -- redis --quick   the same in about a minute
// npm run bench -- --page          only the tables
import { http } from './groups/http.ts'
import { mongodb } from './groups/mongodb.ts'
import { overload } from './groups/overload.ts'
import { postgres } from './groups/postgres.ts'
import { memory } from './groups/process.ts'
import { redis } from './groups/redis.ts'
import { revoke } from './groups/revoke.ts'
import { scale } from './groups/scale.ts'
import { signed } from './groups/signed.ts'
import { size } from './groups/size.ts'
import { sqlite } from './groups/sqlite.ts'
import { verify } from './groups/verify.ts'
import { writePage } from './page.ts'
import { type Group, runGroup } from './report.ts'

const GROUPS: Readonly<Record<string, Group>> = {
  process: memory,
  verify,
  redis,
  mongodb,
  postgres,
  sqlite,
  signed,
  http,
  revoke,
  scale,
  overload,
  size,
}

const args = process.argv.slice(2)
const quick = args.includes('--quick')
const isPageOnly = args.includes('--page')
const asked = args.filter((arg) => !['--quick', '--page'].includes(arg))
const unknown = asked.filter((name) => !(name in GROUPS))
if (unknown.length > 0) {
  process.stderr.write(`bench: no group ${unknown.join(', ')}; there are ${Object.keys(GROUPS).join(', ')}\n`)
  process.exit(1)
}
for (const [name, group] of Object.entries(GROUPS)) {
  if (!isPageOnly && (asked.length === 0 || asked.includes(name))) await runGroup(name, group, quick)
}
writePage(Object.keys(GROUPS))
process.exit(0)
