import { assertOptions, knownMembers } from '../../src/base/known-members.ts'
import {
  createWatchers,
  type GroupRef,
  type Position,
  type RecordRef,
  SLACK_MS,
  type Store,
  type StoreRecord,
} from '../../src/store.ts'

const OPTIONS = knownMembers<Record<never, never>>({})
const SWEPT_PER_INSERT = 8

const refKey = (ref: RecordRef) => `${ref.partition} ${ref.kind} ${ref.id}`
const groupKey = (of: GroupRef) => `${of.partition} ${of.kind} ${of.group}`

/**
 * Keeps everything in this process's memory until it exits: for tests and demos, and as the store to read before you
 * write your own. Every method works in one synchronous step, which makes it atomic. It has no options.
 *
 * @throws TypeError for any option.
 * @example
 * ```ts
 * import { createAppGrant } from 'appgrant'
 * import { memoryStore } from 'appgrant/memory'
 *
 * const appgrant = createAppGrant({ store: memoryStore() })
 * ```
 */
export function memoryStore(options: Record<never, never> = {}): Store {
  assertOptions('memoryStore', options, OPTIONS)
  const records = new Map<string, StoreRecord>()
  const groups = new Map<string, Position[]>()
  const watchers = createWatchers()
  let sweep = records.entries()

  const enter = (record: StoreRecord) => {
    for (const group of record.groups) {
      const key = groupKey({ ...record, group })
      const members = groups.get(key) ?? []
      if (members.length === 0) groups.set(key, members)
      members.splice(firstBehind(members, record), 0, { position: record.position, id: record.id })
    }
  }
  const leave = (record: StoreRecord) => {
    for (const group of record.groups) {
      const key = groupKey({ ...record, group })
      const members = groups.get(key) ?? []
      members.splice(firstBehind(members, record) - 1, 1)
      if (members.length === 0) groups.delete(key)
    }
  }
  const put = (record: StoreRecord) => {
    records.set(refKey(record), Object.freeze({ ...record, groups: Object.freeze([...record.groups]) }))
    enter(record)
  }
  const dropExpired = () => {
    for (let looked = 0; looked < SWEPT_PER_INSERT; looked++) {
      const next = sweep.next()
      if (next.done) {
        sweep = records.entries()
        return
      }
      const [key, record] = next.value
      if ((record.expiresAt ?? Number.POSITIVE_INFINITY) + SLACK_MS > Date.now()) continue
      records.delete(key)
      leave(record)
    }
  }

  return {
    conditionalInserts: true,
    async get(refs) {
      return refs.map((ref) => records.get(refKey(ref)))
    },
    async insert(record, options = {}) {
      dropExpired()
      const { limit, onlyIf } = options
      if (onlyIf && records.get(refKey(onlyIf.ref))?.revision !== onlyIf.revision) return 'stale'
      if (records.has(refKey(record))) return 'exists'
      if (limit && (groups.get(groupKey({ ...record, group: limit.group }))?.length ?? 0) >= limit.max) return 'full'
      put(record)
      return 'inserted'
    },
    async replace(from, to) {
      const stored = records.get(refKey(from))
      if (stored?.revision !== from.revision) return false
      leave(stored)
      put(to)
      watchers.notify({ kind: to.kind, partition: to.partition, id: to.id })
      return true
    },
    async list(group, { after, limit }) {
      const members = groups.get(groupKey(group)) ?? []
      const start = after ? firstBehind(members, after) : 0
      const page = members.slice(start, start + limit)
      return {
        records: page.map((member) => records.get(refKey({ ...group, id: member.id })) as StoreRecord),
        more: start + limit < members.length,
      }
    },
    async count(group, after) {
      const members = groups.get(groupKey(group)) ?? []
      return members.length - firstBehind(members, { position: after + 1, id: '' })
    },
    async watch(changed) {
      return watchers.add(changed)
    },
    async close() {
      watchers.clear()
    },
  }
}

/** The index of the first member strictly after `place`. Members ascend by (position, id). */
function firstBehind(members: readonly Position[], place: Position): number {
  let low = 0
  let high = members.length
  while (low < high) {
    const middle = (low + high) >> 1
    const member = members[middle] as Position
    const behind = member.position > place.position || (member.position === place.position && member.id > place.id)
    if (behind) high = middle
    else low = middle + 1
  }
  return low
}
