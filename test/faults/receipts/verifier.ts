// A service in a process of its own, which verifies again and again all the tokens that it is told of on stdin, and prints a line for
// each acceptance that began after there was a receipt. Argument: a Service, as JSON. Both directions are lines of JSON. It ends when
// its input ends.
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { redisStore } from '../../../adapters/redis/redis-store.ts'
import { createAppGrant } from '../../../src/index.ts'
import { signatureVerifier } from '../../../src/resource.ts'
import type { Notice, Report, Service } from './notices.ts'

interface Token {
  readonly text: string
  /** When the last verification began that accepted it, by the monotonic clock of the machine. */
  accepted: bigint
  isRevoked: boolean
  /** When there was a receipt. */
  settled: bigint | undefined
}

const EVERY_MS = 50
const REPORT_EVERY_MS = 500
/** For how long a token is still presented after there was a receipt. */
const AFTERWARDS_NS = 5_000_000_000n

const service = JSON.parse(process.argv[2] ?? '') as Service
const tokens = new Map<string, Token>()
let counts = { accepted: 0, acceptedAfterRevocation: 0, refused: 0, failed: 0 }

const say = (report: Report) => process.stdout.write(`${JSON.stringify(report)}\n`)
const verify = verifierOf(service)

function verifierOf(service: Service): (text: string) => Promise<boolean> {
  if ('feed' in service) {
    const verifier = signatureVerifier(service)
    return async (text) => (await verifier.tryVerify(text)).ok
  }
  const { redis, namespace, platform, listens } = service
  const store = redisStore({ client: new Redis({ ...redis, lazyConnect: true }), namespace })
  // Without hints, what was revoked stays in the cache as long as it may.
  const { watch: _, ...deaf } = store
  const { authorizer } = createAppGrant({ ...platform, store: listens ? store : deaf })
  return async (text) => (await authorizer.tryVerify(text, { maxStalenessMs: 300_000 })).ok
}

async function present(id: string, token: Token): Promise<void> {
  const begun = process.hrtime.bigint()
  try {
    if (!(await verify(token.text))) return void counts.refused++
  } catch {
    return void counts.failed++
  }
  counts.accepted++
  if (token.isRevoked) counts.acceptedAfterRevocation++
  token.accepted = begun
  check(id, token)
}

function check(id: string, { accepted, settled }: Token): void {
  if (settled !== undefined && accepted > settled)
    say({ violation: id, lateMs: Number((accepted - settled) / 1_000_000n) })
}

async function presentAll(): Promise<never> {
  for (;;) {
    const now = process.hrtime.bigint()
    for (const [id, { settled }] of tokens)
      if (settled !== undefined && now - settled > AFTERWARDS_NS) tokens.delete(id)
    for (const [id, token] of tokens) await present(id, token)
    await pause(EVERY_MS)
  }
}

void presentAll()
setInterval(() => {
  say({ counts })
  counts = { accepted: 0, acceptedAfterRevocation: 0, refused: 0, failed: 0 }
}, REPORT_EVERY_MS)
for await (const line of createInterface({ input: process.stdin })) {
  const notice = JSON.parse(line) as Notice
  const { id } = notice
  if ('text' in notice) {
    const settled = notice.settled === undefined ? undefined : BigInt(notice.settled)
    tokens.set(id, { text: notice.text, accepted: 0n, isRevoked: notice.isRevoked, settled })
    continue
  }
  const token = tokens.get(id)
  if (!token) continue
  token.isRevoked = true
  if (notice.settled === undefined) continue
  token.settled = BigInt(notice.settled)
  check(id, token)
}
process.exit()
