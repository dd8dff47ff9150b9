/**
 * Joins the calls made in one turn of the event loop into one: `run` gets all of them, in order, when the turn ends, and
 * answers for each in the same order. A call never joins a batch that was already handed to `run`.
 *
 * @param run - answers every item of a batch; where it rejects, the whole batch does.
 * @param most - how many items a batch holds at most; more are split over several.
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
