import { sanitizeError } from '../base/sanitize-error.ts'
import type { RecordRef, Store, StoreRecord } from './store.ts'

/** Batch limit: one long command blocks the server for everyone. */
const MAX_CALLS = 250

/** The record, undefined if there is none, or why it could not be read. */
export type ReadResult = StoreRecord | undefined | Error

/** How a store reads: what {@link batchGets} needs to know of it. */
export interface BatchReader {
  /** The store's own name for a ref, which no other ref has. Throws if the ref is invalid. */
  nameOf(ref: RecordRef): string
  /** Refs that one command can read together are in the same lane. Default is a single lane. */
  laneOf?(ref: RecordRef): string
  /** Returns the results for distinct refs of one lane, in order; the refs of one partition are read at one instant. */
  read(names: readonly string[], refs: readonly RecordRef[]): Promise<readonly ReadResult[]>
  /**
   * Reads the refs of one call alone after the batch failed, or rethrows the error. Must keep the call's order, because callers
   * put the deciding record last. Default is to rethrow.
   */
  readAlone?(error: unknown, names: readonly string[], refs: readonly RecordRef[]): Promise<readonly ReadResult[]>
}

interface GetCall {
  readonly refs: readonly RecordRef[]
  /** Where its part of the batch's `places` begins. */
  readonly from: number
  readonly resolve: (records: (StoreRecord | undefined)[]) => void
  readonly reject: (error: unknown) => void
}

/** Calls that are sent as one command. */
interface Batch {
  readonly names: string[]
  readonly refs: RecordRef[]
  readonly placeOf: Map<string, number>
  /** For the refs of all calls, one call after the other: the index of the result. */
  readonly places: number[]
  readonly calls: GetCall[]
  /** The places that were requested more than once. */
  readonly shared: Set<number>
}

/**
 * Creates the method `get` of a store that reads the calls of one tick of the event loop with one command for each lane. All
 * lanes are read before the first result is awaited, and a call waits only for its own lanes. A ref that several calls request
 * is read once and its record is frozen; one that could not be read fails only the calls that requested it. A call never joins a
 * batch that was already passed to `read`. Errors are sanitized.
 *
 * @example
 * ```ts
 * const get = batchGets({
 *   nameOf: ({ partition, kind, id }) => `${partition}:${kind}:${id}`,
 *   read: async (names, refs) => decodeAll(refs, await client.mget(names)),
 * })
 * ```
 */
export function batchGets(reader: BatchReader): Store['get'] {
  const { nameOf, laneOf, read, readAlone } = reader
  let open = new Map<string, Batch>()
  let full: Batch[] = []

  const flush = () => {
    const batches = [...full, ...open.values()]
    open = new Map()
    full = []
    for (const batch of batches) {
      if (batch.calls.length === 0) continue
      const refuse = (error: unknown) => {
        for (const call of batch.calls) refuseCall(batch, call, error)
      }
      try {
        read(batch.names, batch.refs).then((found) => {
          // Callers that get one record must not change it for each other.
          for (const place of batch.shared) freeze(found[place])
          for (const call of batch.calls) settle(call, batch.places, found)
        }, refuse)
      } catch (error) {
        refuse(error)
      }
    }
  }
  const refuseCall = ({ names, places }: Batch, call: GetCall, error: unknown) => {
    const reject = (reason: unknown) => call.reject(sanitizeError(reason))
    if (!readAlone) return reject(error)
    const own = call.refs.map((_, index) => names[places[call.from + index] as number] as string)
    readAlone(error, own, call.refs).then((found) => settle({ ...call, from: 0 }, [...found.keys()], found), reject)
  }
  const batchOf = (lane: string): Batch => {
    const known = open.get(lane)
    if (known && known.calls.length < MAX_CALLS) return known
    if (known) full.push(known)
    else if (open.size === 0) setImmediate(flush)
    const batch: Batch = { names: [], refs: [], placeOf: new Map(), places: [], calls: [], shared: new Set() }
    open.set(lane, batch)
    return batch
  }
  /** The index of a ref's result. Ids are looked up first, because making a name takes longer than finding one. */
  const placeIn = ({ names, refs, placeOf, shared }: Batch, ref: RecordRef): number => {
    const known = placeOf.get(ref.id)
    if (known !== undefined) {
      const found = refs[known] as RecordRef
      if (found.kind === ref.kind && found.partition === ref.partition) {
        shared.add(known)
        return known
      }
    }
    const place = names.length
    names.push(nameOf(ref))
    refs.push(ref)
    if (known === undefined) placeOf.set(ref.id, place)
    return place
  }
  const join = (lane: string, refs: readonly RecordRef[]) =>
    new Promise<(StoreRecord | undefined)[]>((resolve, reject) => {
      const batch = batchOf(lane)
      const { places } = batch
      const from = places.length
      const known = batch.names.length
      try {
        for (const ref of refs) places.push(placeIn(batch, ref))
      } catch (error) {
        // A ref is invalid: do not read the call's other refs either.
        places.length = from
        for (const { id } of batch.refs.splice(known))
          if ((batch.placeOf.get(id) ?? -1) >= known) batch.placeOf.delete(id)
        batch.names.length = known
        throw error
      }
      batch.calls.push({ refs, from, resolve, reject })
    })

  const gather = async (laneOf: (ref: RecordRef) => string, refs: readonly RecordRef[]) => {
    const lanes = [...new Set(refs.map(laneOf))]
    const parts = await Promise.all(
      lanes.map((lane) =>
        join(
          lane,
          refs.filter((ref) => laneOf(ref) === lane),
        ),
      ),
    )
    const found = new Map(lanes.map((lane, index) => [lane, parts[index]?.values()]))
    return refs.map((ref) => found.get(laneOf(ref))?.next().value)
  }

  return (refs) => {
    const [first] = refs
    if (!first) return Promise.resolve([])
    const lane = laneOf?.(first) ?? ''
    if (!laneOf || refs.every((ref) => laneOf(ref) === lane)) return join(lane, refs)
    return gather(laneOf, refs)
  }
}

function freeze(result: ReadResult): void {
  if (!result || result instanceof Error) return
  Object.freeze(result.groups)
  Object.freeze(result)
}

function settle(call: GetCall, places: readonly number[], found: readonly ReadResult[]): void {
  const { from, refs } = call
  const records: (StoreRecord | undefined)[] = []
  for (let index = 0; index < refs.length; index++) {
    const result = found[places[from + index] as number]
    if (result instanceof Error) {
      call.reject(sanitizeError(result))
      return
    }
    records.push(result)
  }
  call.resolve(records)
}
