// A custom store: the six methods of the port over a Map, checked by the conformance kit and then used.
import { createAppGrant } from 'appgrant'
import type { GroupRef, Position, RecordRef, Store, StoreRecord } from 'appgrant/store'
import { conformance, exampleApp } from 'appgrant/testing'

/** Every method works in one synchronous step, which makes it atomic. A database needs a transaction or a script. */
function mapStore(records: Map<string, StoreRecord>): Store {
  const keyOf = ({ kind, partition, id }: RecordRef) => `${partition}/${kind}/${id}`
  const isBehind = (one: Position, other: Position) =>
    one.position > other.position || (one.position === other.position && one.id > other.id)
  const members = ({ kind, partition, group }: GroupRef) =>
    [...records.values()]
      .filter((one) => one.kind === kind && one.partition === partition && one.groups.includes(group))
      .sort((one, other) => (isBehind(one, other) ? 1 : -1))

  return {
    async get(refs) {
      // Records are copied in and out, so that callers cannot change what is stored.
      return structuredClone(refs.map((ref) => records.get(keyOf(ref))))
    },
    async insert(record, { limit } = {}) {
      // 'exists' takes precedence over 'full'. Neither writes anything.
      if (records.has(keyOf(record))) return 'exists'
      if (limit && members({ ...record, group: limit.group }).length >= limit.max) return 'full'
      records.set(keyOf(record), structuredClone(record))
      return 'inserted'
    },
    async replace(from, to) {
      // A writer that has read an older revision changes nothing.
      if (records.get(keyOf(from))?.revision !== from.revision) return false
      records.set(keyOf(to), structuredClone(to))
      return true
    },
    async list(group, { after, limit }) {
      const behind = members(group).filter((one) => !after || isBehind(one, after))
      return { records: structuredClone(behind.slice(0, limit)), more: behind.length > limit }
    },
    async count(group, after) {
      return members(group).filter((one) => one.position > after).length
    },
    async close() {},
  }
}

// Opening the same namespace twice gives two nodes on one database.
const databases = new Map<string, Map<string, StoreRecord>>()
const target = {
  async open(namespace: string) {
    const records = databases.get(namespace) ?? new Map()
    databases.set(namespace, records)
    return mapStore(records)
  },
}
for (const one of conformance) await one.run(target)
console.log(`the store passes all ${conformance.length} cases of the kit`)

const appgrant = createAppGrant({ store: mapStore(new Map()) })
const { app } = await appgrant.apps.register(exampleApp({ owner: 'org-7' }))
console.log(`and keeps ${app.name} of ${(await appgrant.apps.list({ owner: 'org-7' })).items[0]?.owner}`)
await appgrant.close()
