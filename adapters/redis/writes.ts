import { type InsertOptions, type InsertResult, SLACK_MS, type StoreRecord } from '../../src/store.ts'
import type { Keyspace } from './keys.ts'
import { encodeRecord, revisionHead } from './record-encoding.ts'
import type { RunScript } from './run-script.ts'
import { INSERT, INSERT_FAILED, REPLACE, type ScriptCall } from './scripts.ts'

// A script blocks the server while it runs: about a millisecond for this many records.
const MAX_PER_SCRIPT = 128

/** One record of an INSERT. */
interface Member {
  readonly partition: string
  readonly key: string
  readonly groups: readonly string[]
  readonly args: readonly (string | number)[]
  /** What it is inserted under: the key of a record, and the head that its value must have. */
  readonly condition: { readonly key: string; readonly head: string } | undefined
}

/** The writes of the port. */
export interface Writes {
  insert(record: StoreRecord, options?: InsertOptions): Promise<InsertResult>
  replace(from: StoreRecord, to: StoreRecord): Promise<boolean>
}

/**
 * @param options.run - runs a script whose writes need not reach the replicas.
 * @param options.runDurably - runs a script whose writes must reach the replicas. Undefined if no write has to.
 * @param options.oneSlot - whether a script may only touch keys of one partition.
 */
export function writes(
  keys: Keyspace,
  {
    run,
    runDurably,
    oneSlot,
  }: { readonly run: RunScript; readonly runDurably: RunScript | undefined; readonly oneSlot: boolean },
): Writes {
  // Each insert waits for its own partition only, so a shard that hangs does not delay the others.
  type Waiting = { member: Member; resolve: (result: InsertResult) => void; reject: (error: unknown) => void }
  let waiting: Waiting[] = []
  const flush = () => {
    const all = waiting
    waiting = []
    if (oneSlot) for (const together of byPartition(all)) sendAll(together)
    else sendAll(all)
  }
  const sendAll = (all: readonly Waiting[]) => {
    for (let start = 0; start < all.length; start += MAX_PER_SCRIPT) send(all.slice(start, start + MAX_PER_SCRIPT))
  }
  const send = (batch: readonly Waiting[]) => {
    const call = insertCall(batch.map(({ member }) => member))
    run(call).then(
      (reply) => {
        for (let index = 0; index < batch.length; index++) {
          const result = resultOf((reply as readonly string[])[index])
          if (result instanceof Error) batch[index]?.reject(result)
          else batch[index]?.resolve(result)
        }
      },
      (error) => {
        for (const { reject } of batch) reject(error)
      },
    )
  }
  const insertBatched = (member: Member) =>
    new Promise<InsertResult>((resolve, reject) => {
      if (waiting.push({ member, resolve, reject }) === 1) setImmediate(flush)
    })

  const insertAlone = async (record: StoreRecord, member: Member, { limit }: InsertOptions): Promise<InsertResult> => {
    let result: InsertResult | Error
    if (limit) {
      if (!record.groups.includes(limit.group))
        throw new TypeError('limit.group: expected one of the groups of the record')
      const limited = keys.group({ ...record, group: limit.group })
      const first = { ...member, groups: [limited, ...member.groups.filter((group) => group !== limited)] }
      result = firstOf(await (runDurably ?? run)(insertCall([first], limit.max)))
    } else result = firstOf(await (runDurably ?? run)(insertCall([member])))
    if (result instanceof Error) throw result
    return result
  }

  return {
    insert(record, options = {}) {
      const { limit, durable = record.expiresAt === undefined } = options
      try {
        const member = memberOf(keys, record, options.onlyIf)
        if (!limit && !(durable && runDurably)) return insertBatched(member)
        return insertAlone(record, member, options)
      } catch (error) {
        return Promise.reject(error)
      }
    },
    async replace(from, to) {
      return (await (runDurably ?? run)(replaceCall(keys, from, to))) === 1
    },
  }
}

function memberOf(keys: Keyspace, record: StoreRecord, onlyIf: InsertOptions['onlyIf']): Member {
  return {
    partition: record.partition,
    key: keys.record(record),
    groups: record.groups.map((group) => keys.group({ kind: record.kind, partition: record.partition, group })),
    args: [encodeRecord(record), record.id, record.position, record.expiresAt ?? ''],
    condition: onlyIf && { key: keys.record(onlyIf.ref), head: revisionHead(onlyIf) },
  }
}

/** @param max - the maximum size of the first of the groups; only with a single record. */
function insertCall(members: readonly Member[], max: number | '' = ''): ScriptCall {
  const entering = new Map<string, number[]>()
  const conditions = conditionsOf(members)
  const args: (string | number)[] = [members.length, expiredBefore(), max, conditions.keys.length]
  for (const head of conditions.heads) args.push(head)
  members.forEach((member, index) => {
    for (const arg of member.args) args.push(arg)
    args.push(conditions.numbers[index] as number)
    for (const group of member.groups) {
      const known = entering.get(group)
      if (known) known.push(index + 1)
      else entering.set(group, [index + 1])
    }
  })
  for (const which of entering.values()) args.push(which.length, ...which)
  return {
    script: INSERT,
    partition: members[0]?.partition ?? '',
    keys: [...members.map(({ key }) => key), ...conditions.keys, ...entering.keys()],
    args,
  }
}

/** The different conditions of a batch, and for each member the number of its own, or 0. A record may be named at several revisions. */
function conditionsOf(members: readonly Member[]) {
  const known = new Map<string, number>()
  const keys: string[] = []
  const heads: string[] = []
  const numbers = members.map(({ condition }) => {
    if (!condition) return 0
    const name = condition.head + condition.key
    const number = known.get(name) ?? keys.push(condition.key)
    if (number > heads.length) heads.push(condition.head)
    known.set(name, number)
    return number
  })
  return { keys, heads, numbers }
}

function firstOf(reply: unknown): InsertResult | Error {
  return resultOf((reply as readonly string[])[0])
}

function resultOf(reply: string | undefined): InsertResult | Error {
  return reply?.startsWith(INSERT_FAILED) ? new Error(reply.slice(INSERT_FAILED.length)) : (reply as InsertResult)
}

// Groups in which nothing changes are left out: in a slot that is half moved, a script with one key runs on either
// side.
function replaceCall(keys: Keyspace, from: StoreRecord, to: StoreRecord): ScriptCall {
  const groupKey = (group: string) => keys.group({ ...to, group })
  const left = from.groups.filter((group) => !to.groups.includes(group))
  const entered = to.groups.filter((group) => from.position !== to.position || !from.groups.includes(group))
  return {
    script: REPLACE,
    partition: to.partition,
    keys: [keys.record(to), ...left.map(groupKey), ...entered.map(groupKey)],
    args: [
      revisionHead(from),
      encodeRecord(to),
      to.id,
      to.position,
      to.expiresAt ?? '',
      expiredBefore(),
      left.length,
      keys.channel,
      `${to.partition} ${to.kind} ${to.id}`,
    ],
  }
}

/** By the system clock: the server's may differ, and core's may be set by the host. */
function expiredBefore(): number {
  return Date.now() - SLACK_MS
}

function byPartition<One extends { readonly member: Member }>(members: readonly One[]): readonly (readonly One[])[] {
  const parts = new Map<string, One[]>()
  for (const one of members) {
    const known = parts.get(one.member.partition)
    if (known) known.push(one)
    else parts.set(one.member.partition, [one])
  }
  return [...parts.values()]
}
