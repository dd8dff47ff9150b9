import { getPerTurn } from '../../src/store/get-per-turn.ts'
import type { GroupRef, PageRequest, Position, RecordPage, RecordRef, StoreRecord } from '../../src/store/store.ts'
import type { Client } from './client.ts'
import type { Connection } from './connection.ts'
import { gaveUp, refusalIn } from './errors.ts'
import type { Keyspace } from './keys.ts'
import { decodeRecord } from './record-encoding.ts'
import { runOn } from './run-script.ts'
import { PAGE } from './scripts.ts'

// A group's members outlive their records for a while. A list looks past so many parts of it that hold nothing else.
const MOST_STALE_PARTS = 1000
const PART_SIZE = 1000

type Found = StoreRecord | undefined

/** The reads of the port. */
export interface Reads {
  get(refs: readonly RecordRef[]): Promise<readonly Found[]>
  list(group: GroupRef, page: PageRequest): Promise<RecordPage>
  count(group: GroupRef, after: number): Promise<number>
}

export function reads(connection: Connection, keys: Keyspace): Reads {
  const get = getPerTurn((refs) => {
    const wanted = refs.map(keys.record)
    return fromMaster(connection, async (client) => {
      const values = client.isCluster ? await getByPartition(client, refs, wanted) : await client.mget(wanted)
      return refs.map((ref, index) => {
        const value = values[index]
        return typeof value === 'string' ? decodeRecord(ref, value) : (value ?? undefined)
      })
    })
  })

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
      for (let stale = 0; stale < MOST_STALE_PARTS; stale++) {
        const size = stale === 0 ? limit : PART_SIZE
        const members = await part(group, place, size + 1)
        const looked = members.slice(0, size)
        const found = await get(looked.map(({ id }) => ({ kind: group.kind, partition: group.partition, id })))
        // A record that left the group, moved in it or expired since is not what was found.
        const there = (record: Found, index: number): record is StoreRecord =>
          record?.position === looked[index]?.position && record?.groups.includes(group.group) === true
        const records = found.filter(there)
        const more = records.length > limit || members.length > size
        if (records.length > 0 || !more) return { records: records.slice(0, limit), more }
        place = looked.at(-1)
      }
      throw new Error(`more than ${MOST_STALE_PARTS * PART_SIZE} members of a group have no record`)
    },
    async count(group, after) {
      return await fromMaster(connection, (client) => client.zcount(keys.group(group), `(${after}`, '+inf'))
    },
  }
}

/**
 * Reads, and believes the answer only where the server is a master just behind it. A master that was demoted without
 * disconnecting anyone goes on answering, with what it has. (In a cluster such a server answers MOVED.)
 */
async function fromMaster<Answer>(connection: Connection, read: (client: Client) => Promise<Answer>): Promise<Answer> {
  const client = await connection.ready()
  if (client.isCluster) return await read(client)
  const [answer, [role]] = await Promise.all([read(client), client.role()])
  if (role === 'master') return answer
  connection.cut()
  throw new Error(`the Redis server is a ${role}, not a master`)
}

/** One MGET for each partition, all of them written before the first answer is awaited. One that fails fails alone. */
async function getByPartition(
  client: Client,
  refs: readonly RecordRef[],
  wanted: readonly string[],
): Promise<readonly (string | null | Error)[]> {
  const places = new Map<string, number[]>()
  refs.forEach(({ partition }, index) => {
    const known = places.get(partition)
    if (known) known.push(index)
    else places.set(partition, [index])
  })
  const values: (string | null | Error)[] = Array.from(wanted, () => null)
  const readPlaces = async (indexes: readonly number[]) => {
    const slot = indexes.map((index) => wanted[index] as string)
    const found = await getOfSlot(client, slot).catch((error: Error) => error)
    indexes.forEach((index, nth) => {
      values[index] = found instanceof Error ? found : (found[nth] ?? null)
    })
  }
  await Promise.all([...places.values()].map(readPlaces))
  return values
}

async function getOfSlot(client: Client, wanted: readonly string[]): Promise<readonly (string | null)[]> {
  try {
    return await client.mget(wanted)
  } catch (error) {
    if (refusalIn(error) !== 'TRYAGAIN' && !gaveUp(error)) throw error
  }
  // Some of the keys have moved, some have not. One after the other each is found, in the order asked: a reader names what
  // decides last, last.
  const values: (string | null)[] = []
  for (const key of wanted) values.push(await client.get(key))
  return values
}
