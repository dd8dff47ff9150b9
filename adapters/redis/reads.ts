import type { GroupRef, PageRequest, Position, RecordPage, RecordRef, StoreRecord } from '../../src/store.ts'
import { batchedGets } from './batched-gets.ts'
import type { Connection } from './connection.ts'
import { fromMaster } from './from-master.ts'
import type { Keyspace } from './keys.ts'
import { runOn } from './run-script.ts'
import { PAGE } from './scripts.ts'

// A group's members outlive their records for a while. `list` skips at most this many parts that hold only such
// members.
const MAX_STALE_PARTS = 1000
const PART_SIZE = 1000

type MaybeRecord = StoreRecord | undefined

/** The reads of the port. */
export interface Reads {
  get(refs: readonly RecordRef[]): Promise<readonly MaybeRecord[]>
  list(group: GroupRef, page: PageRequest): Promise<RecordPage>
  count(group: GroupRef, after: number): Promise<number>
}

export function reads(connection: Connection, keys: Keyspace): Reads {
  const get = batchedGets(connection, keys)

  const part = async (group: GroupRef, after: Position | undefined, size: number): Promise<readonly Position[]> => {
    const call = {
      script: PAGE,
      partition: group.partition,
      keys: [keys.group(group)],
      args: [after?.position ?? '', after?.id ?? '', size],
    }
    const flat = (await fromMaster(connection, (client) => runOn(client, call))) as readonly string[]
    return Array.from({ length: flat.length / 2 }, (_, index) => ({
      id: flat[2 * index] as string,
      position: Number(flat[2 * index + 1]),
    }))
  }

  return {
    get,
    async list(group, { after, limit }) {
      let place = after
      for (let stale = 0; stale < MAX_STALE_PARTS; stale++) {
        const size = stale === 0 ? limit : PART_SIZE
        const members = await part(group, place, size + 1)
        const looked = members.slice(0, size)
        const found = await get(looked.map(({ id }) => ({ kind: group.kind, partition: group.partition, id })))
        // Leaves out a record that has left the group, moved in it or expired since its member was read.
        const there = (record: MaybeRecord, index: number): record is StoreRecord =>
          record?.position === looked[index]?.position && record?.groups.includes(group.group) === true
        const records = found.filter(there)
        const more = records.length > limit || members.length > size
        if (records.length > 0 || !more) return { records: records.slice(0, limit), more }
        place = looked.at(-1)
      }
      throw new Error(`more than ${MAX_STALE_PARTS * PART_SIZE} members of a group have no record`)
    },
    async count(group, after) {
      return await fromMaster(connection, (client) => client.zcount(keys.group(group), `(${after}`, '+inf'))
    },
  }
}
