import type { Connection } from './connection.ts'
import type { Lane } from './lane.ts'

/** The least weight that is sent for itself if another connection is free for the rest. */
const LEAST_SHARED = 16

interface Call<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

interface Batch<Item, Result> {
  readonly calls: Call<Item, Result>[]
  weight: number
}

/**
 * Creates a function that sends calls together: those that come until a connection is free. So the busier the
 * connections are, the more calls a statement has. If several connections are free, each gets a part, so that this process
 * works on the results of one part while the server works on the other. A call never joins a batch that was already passed to
 * `send`.
 *
 * @param options.send - returns one result for each item, in order.
 * @param options.max - the maximum weight of a batch.
 * @param options.start - runs what begins a batch. Default is at once.
 */
export function gathered<Item, Result>(
  lane: Lane,
  options: {
    readonly send: (connection: Connection, items: readonly Item[]) => Promise<readonly Result[]>
    readonly max: number
    readonly weightOf?: (item: Item) => number
    readonly start?: (begin: () => void) => void
  },
): (item: Item) => Promise<Result> {
  const { send, max, weightOf = () => 1, start = (begin) => begin() } = options
  let open: Batch<Item, Result> | undefined

  const begin = async (batch: Batch<Item, Result>) => {
    const close = () => {
      if (open === batch) open = undefined
    }
    try {
      const results = await lane.run((connection) => {
        close()
        share(batch)
        return send(
          connection,
          batch.calls.map(({ item }) => item),
        )
      })
      for (const [n, call] of batch.calls.entries()) call.resolve(results[n] as Result)
    } catch (error) {
      close()
      for (const call of batch.calls) call.reject(error)
    }
  }
  /** Leaves a part of the batch to the other connections that are free. */
  const share = (batch: Batch<Item, Result>) => {
    const parts = Math.min(lane.spare() + 1, batch.calls.length, Math.floor(batch.weight / LEAST_SHARED))
    if (parts < 2) return
    const calls = batch.calls.splice(Math.ceil(batch.calls.length / parts))
    const weight = calls.reduce((sum, { item }) => sum + weightOf(item), 0)
    batch.weight -= weight
    void begin({ calls, weight })
  }
  return (item) =>
    new Promise((resolve, reject) => {
      const weight = weightOf(item)
      let batch = open
      if (!batch || batch.weight + weight > max) {
        const created: Batch<Item, Result> = { calls: [], weight: 0 }
        batch = created
        open = created
        start(() => void begin(created))
      }
      batch.weight += weight
      batch.calls.push({ item, resolve, reject })
    })
}
