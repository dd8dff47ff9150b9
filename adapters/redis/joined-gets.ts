import { perTurn } from '../../src/store/per-turn.ts'
import type { RecordRef, StoreRecord } from '../../src/store/store.ts'
import type { Client } from './client.ts'
import type { Connection } from './connection.ts'
import { gaveUp, refusalIn } from './errors.ts'
import { fromMaster } from './from-master.ts'
import type { Keyspace } from './keys.ts'
import { decodeRecord } from './record-encoding.ts'

const MOST_GETS_PER_READ = 256

type Get = (refs: readonly RecordRef[]) => Promise<readonly (StoreRecord | undefined)[]>
type Values = ReadonlyMap<string, string | null>
/** The keys that one get wants, by what one command may read: everything, or one partition of a cluster. */
type Wanted = ReadonlyMap<string, readonly string[]>

/**
 * Joins the gets of one turn: one MGET on a single server, one for each partition on a cluster, all of them written before the
 * first answer is awaited. A get waits for its own partitions only: a shard that hangs holds nobody else up.
 */
export function joinedGets(connection: Connection, keys: Keyspace): Get {
  const read = perTurn(async (gets: readonly Wanted[]): Promise<readonly Promise<Values>[]> => {
    const together = new Map<string, Set<string>>()
    for (const wanted of gets) {
      for (const [lane, some] of wanted) {
        const all = together.get(lane) ?? new Set()
        if (all.size === 0) together.set(lane, all)
        for (const key of some) all.add(key)
      }
    }
    const answers = new Map([...together].map(([lane, all]) => [lane, readTogether(connection, [...all])]))
    return gets.map((wanted) => valuesOf(connection, wanted, answers))
  }, MOST_GETS_PER_READ)

  return async (refs) => {
    if (refs.length === 0) return []
    const wanted = new Map<string, string[]>()
    const places = refs.map((ref) => {
      const key = keys.record(ref)
      const lane = connection.isCluster ? ref.partition : ''
      const some = wanted.get(lane)
      if (some) some.push(key)
      else wanted.set(lane, [key])
      return { ref, key }
    })
    const values = await read(wanted)
    return places.map(({ ref, key }) => {
      const value = values.get(key)
      return typeof value === 'string' ? decodeRecord(ref, value) : undefined
    })
  }
}

async function readTogether(connection: Connection, wanted: readonly string[]): Promise<Values> {
  const values = await fromMaster(connection, (client) => client.mget(wanted))
  return new Map(wanted.map((key, index) => [key, values[index] ?? null]))
}

async function valuesOf(
  connection: Connection,
  wanted: Wanted,
  answers: ReadonlyMap<string, Promise<Values>>,
): Promise<Values> {
  const parts = [...wanted].map(async ([lane, some]) => {
    try {
      return await (answers.get(lane) as Promise<Values>)
    } catch (error) {
      if (refusalIn(error) !== 'TRYAGAIN' && !gaveUp(error)) throw error
      return await fromMaster(connection, (client) => readSingly(client, some))
    }
  })
  const [first, ...others] = await Promise.all(parts)
  return others.length === 0 && first ? first : new Map([first ?? [], ...others].flatMap((part) => [...part]))
}

/**
 * For a slot of which some keys have moved and some have not: one after the other each is found, in the order asked. Who asks
 * names what decides last, last.
 */
async function readSingly(client: Client, wanted: readonly string[]): Promise<Values> {
  const values = new Map<string, string | null>()
  for (const key of wanted) values.set(key, await client.get(key))
  return values
}
