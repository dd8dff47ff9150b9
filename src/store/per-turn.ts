/**
 * Batches the calls made in one turn of the event loop: `run` gets all of them, in order, when the turn ends. A call never
 * joins a batch that was already passed to `run`.
 *
 * @param run - returns one result per item, in the same order. If it rejects, every call of the batch rejects.
 * @param most - maximum number of items in a batch; more are split into several.
 */
export function perTurn<Item, Answer>(
  run: (items: readonly Item[]) => Promise<readonly Answer[]>,
  most: number,
): (item: Item) => Promise<Answer> {
  type Waiting = { item: Item; resolve: (answer: Answer) => void; reject: (error: unknown) => void }
  let waiting: Waiting[] = []

  const flush = () => {
    const all = waiting
    waiting = []
    for (let start = 0; start < all.length; start += most) send(all.slice(start, start + most))
  }
  const send = (batch: readonly Waiting[]) => {
    const rejectAll = (error: unknown) => {
      for (const call of batch) call.reject(error)
    }
    try {
      run(batch.map((call) => call.item)).then((answers) => {
        batch.forEach((call, index) => {
          call.resolve(answers[index] as Answer)
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
