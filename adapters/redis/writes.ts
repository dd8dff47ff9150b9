import { perTurn } from '../../src/store/per-turn.ts'
import type { InsertOptions, StoreRecord } from '../../src/store/store.ts'
import type { Keyspace } from './keys.ts'
import { encodeRecord, revisionHead } from './record-encoding.ts'
import type { RunScript } from './run-script.ts'
import { INSERT, INSERT_FAILED, REPLACE, type ScriptCall } from './scripts.ts'

// A TTL only reclaims space. The nodes' clocks may differ from each other by a second, so it leaves more than that.
const SLACK_MS = 60_000
// A script holds the server up while it runs: about a millisecond for so many records.
const MOST_PER_SCRIPT = 128

type Inserted = 'inserted' | 'exists' | 'full'

/** One record of an INSERT. */
interface Member {
  readonly partition: string
  readonly key: string
  readonly groups: readonly string[]
  readonly args: readonly (string | number)[]
}

/** The writes of the port. */
export interface Writes {
  insert(record: StoreRecord, options?: InsertOptions): Promise<Inserted>
  replace(from: StoreRecord, to: StoreRecord): Promise<boolean>
}

/**
 * @param options.run - runs a script where durability is not asked for.
 * @param options.runDurably - runs one whose writes must reach the replicas; undefined where no write has to.
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
  const insertJoined = perTurn(async (members: readonly Member[]): Promise<readonly Promise<Inserted | Error>[]> => {
    const answers = new Map<Member, Promise<Inserted | Error>>()
    // Each waits for its own partition only: a shard that hangs holds nobody else up.
    for (const together of oneSlot ? byPartition(members) : [members]) {
      const reply = run(insertCall(together)) as Promise<readonly string[]>
      for (const [index, member] of together.entries()) {
        answers.set(
          member,
          reply.then((all) => answerOf(all[index])),
        )
      }
    }
    return members.map((member) => answers.get(member) as Promise<Inserted | Error>)
  }, MOST_PER_SCRIPT)

  return {
    async insert(record, { limit, durable = record.expiresAt === undefined } = {}) {
      const member = memberOf(keys, record)
      let answer: Inserted | Error
      if (limit) {
        if (!record.groups.includes(limit.group)) throw new TypeError('limit.group: expected a group of the record')
        const limited = keys.group({ ...record, group: limit.group })
        const first = { ...member, groups: [limited, ...member.groups.filter((group) => group !== limited)] }
        answer = firstOf(await (runDurably ?? run)(insertCall([first], limit.max)))
      } else if (durable && runDurably) answer = firstOf(await runDurably(insertCall([member])))
      else answer = await insertJoined(member)
      if (answer instanceof Error) throw answer
      return answer
    },
    async replace(from, to) {
      return (await (runDurably ?? run)(replaceCall(keys, from, to))) === 1
    },
  }
}

function memberOf(keys: Keyspace, record: StoreRecord): Member {
  return {
    partition: record.partition,
    key: keys.record(record),
    groups: record.groups.map((group) => keys.group({ ...record, group })),
    args: [encodeRecord(record), record.id, record.position, record.expiresAt ?? ''],
  }
}

/** @param most - how many members the first of the groups may hold; only with one record. */
function insertCall(members: readonly Member[], most: number | '' = ''): ScriptCall {
  const entering = new Map<string, number[]>()
  const args: (string | number)[] = [members.length, longAgo(), most]
  members.forEach((member, index) => {
    args.push(...member.args)
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
    keys: [...members.map(({ key }) => key), ...entering.keys()],
    args,
  }
}

function firstOf(reply: unknown): Inserted | Error {
  return answerOf((reply as readonly string[])[0])
}

function answerOf(reply: string | undefined): Inserted | Error {
  return reply?.startsWith(INSERT_FAILED) ? new Error(reply.slice(INSERT_FAILED.length)) : (reply as Inserted)
}

// Groups in which nothing changes are not named: in a slot that is half moved a script with one key runs on either side.
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
      longAgo(),
      left.length,
      keys.channel,
      `${to.partition} ${to.kind} ${to.id}`,
    ],
  }
}

/** By the system's clock: the server's own may differ, and core's may be set. */
function longAgo(): number {
  return Date.now() - SLACK_MS
}

function byPartition(members: readonly Member[]): readonly (readonly Member[])[] {
  const parts = new Map<string, Member[]>()
  for (const member of members) {
    const known = parts.get(member.partition)
    if (known) known.push(member)
    else parts.set(member.partition, [member])
  }
  return [...parts.values()]
}
