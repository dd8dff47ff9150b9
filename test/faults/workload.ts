import { randomUUID } from 'node:crypto'
import { guardedStore } from '../../src/store/guarded-store.ts'
import type { Store, StoreRecord } from '../../src/store/store.ts'
import { until } from '../support/servers/until.ts'
import { unwatchedLoad } from '../support/unwatched-load.ts'

/** How long a call may take, as in a host with default options. */
export const DEADLINE_MS = 1000
const KILLERS = 6
const REMEMBERED = 40

/** What a workload has seen. */
export interface Seen {
  /** Revocations that were acknowledged, and those that first had an unknown outcome. */
  killed: number
  repeated: number
  /** First tries of a revocation whose outcome is unknown. */
  unknown: number
  /** Strict reads that began after the revocation was acknowledged and found the record valid. */
  acceptedAfterKill: number
  /** Reads that succeeded, and calls that failed. */
  read: number
  failed: number
  longestCallMs: number
}

/**
 * One node inserts records and revokes each by one replace, as tokens are; both nodes read them meanwhile.
 *
 * @param nodes - stores on the same database, each on a client of its own.
 */
export function startWorkload(nodes: readonly [Store, Store]) {
  const seen: Seen = { killed: 0, repeated: 0, unknown: 0, acceptedAfterKill: 0, read: 0, failed: 0, longestCallMs: 0 }
  const dead: StoreRecord[] = []
  let going = true
  const guarded = nodes.map((store) =>
    guardedStore(store, { timeoutMs: DEADLINE_MS, load: unwatchedLoad(), failed: () => {} }),
  )
  const [killing, other] = guarded as [Store, Store]

  const timed = async <Result>(call: Promise<Result>): Promise<Result | undefined> => {
    const begun = performance.now()
    try {
      return await call
    } catch {
      seen.failed++
      return undefined
    } finally {
      seen.longestCallMs = Math.max(seen.longestCallMs, performance.now() - begun)
    }
  }
  const verify = async (store: Store, one: StoreRecord) => {
    // Only records revoked before this read began count.
    const wasDead = dead.includes(one)
    const found = await timed(store.get([one]))
    if (!found) return
    seen.read++
    if (wasDead && found[0]?.data === 'alive') seen.acceptedAfterKill++
  }
  const kill = async (one: StoreRecord) => {
    let stands = one
    for (let attempt = 0; going; attempt++) {
      if (await timed(killing.replace(stands, { ...stands, groups: [], revision: randomUUID(), data: 'dead' }))) {
        dead.push(one)
        seen.killed++
        if (attempt > 0) seen.repeated++
        return
      }
      if (attempt === 0) seen.unknown++
      // The repeat writes again, even over its own tombstone, because a read confirms nothing.
      const found = await timed(killing.get([one]))
      stands = found?.[0] ?? stands
    }
  }
  const insert = async () => {
    const id = randomUUID()
    const one = { kind: 'token', partition: 'k7', id, groups: ['g'], position: 1, revision: id, data: 'alive' }
    return (await timed(killing.insert(one))) === undefined ? undefined : one
  }
  const killer = async () => {
    while (going) {
      const one = await insert()
      if (one === undefined) continue
      await verify(other, one)
      await kill(one)
    }
  }
  const reader = async (store: Store) => {
    while (going) {
      const recent = dead.slice(-REMEMBERED)
      const one = recent[Math.floor(Math.random() * recent.length)]
      if (one) await verify(store, one)
      else await new Promise((resolve) => setImmediate(resolve))
    }
  }
  const running = [
    ...Array.from({ length: KILLERS }, killer),
    ...guarded.flatMap((store) => [reader(store), reader(store)]),
  ]

  return {
    seen,
    /** A record of the test's own, and its revocation, repeated until it is acknowledged. */
    insert,
    kill,
    /** Waits until that many more revocations were acknowledged. */
    async moreKills(count: number) {
      const goal = seen.killed + count
      await until(`${count} more kills`, async () => seen.killed >= goal, { withinMs: 60_000 })
    },
    /** Ends it, and returns how many acknowledged revocations are not in the database. */
    async stop(): Promise<{ lost: number }> {
      going = false
      await Promise.all(running)
      const found = await nodes[0].get(dead)
      return { lost: found.filter((one) => one?.data !== 'dead').length }
    },
  }
}

/** One line for the log of a run. */
export function report(title: string, { longestCallMs, acceptedAfterKill, ...rest }: Seen & { lost: number }): void {
  const others = Object.entries(rest).map(([name, count]) => `${name} ${count}`)
  process.stdout.write(
    `${title}: longest call ${Math.round(longestCallMs)} ms, accepted after an acknowledged kill ${acceptedAfterKill}, ${others.join(', ')}\n`,
  )
}
