/**
 * Creates a function that sends the calls of one tick of the event loop together: `run` gets all of them, in order, when the
 * tick ends. A call never joins a batch that was already passed to `run`.
 *
 * @param run - returns one result per item, in the same order. If it rejects, every call of the batch rejects.
 * @param max - maximum number of items in a batch; more are split into several.
 * @example
 * ```ts
 * const insert = batchPerTick((records: readonly StoreRecord[]) => insertAll(records), 1000)
 * ```
 */
export function batchPerTick<Item, Result>(
  run: (items: readonly Item[]) => Promise<readonly Result[]>,
  max: number,
): (item: Item) => Promise<Result> {
  type Waiting = { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }
  let waiting: Waiting[] = []

  const flush = () => {
    const all = waiting
    waiting = []
    for (let start = 0; start < all.length; start += max) send(all.slice(start, start + max))
  }
  const send = (batch: readonly Waiting[]) => {
    const rejectAll = (error: unknown) => {
      for (const call of batch) call.reject(error)
    }
    try {
      run(batch.map((call) => call.item)).then((results) => {
        batch.forEach((call, index) => {
          call.resolve(results[index] as Result)
        })
      }, rejectAll)
    } catch (error) {
      rejectAll(error)
    }
  }
  return (item) =>
    new Promise((resolve, reject) => {
      if (waiting.push({ item, resolve, reject }) === 1) setImmediate(flush)
    })
}
