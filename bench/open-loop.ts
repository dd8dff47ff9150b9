import { isAppGrantError } from '../dist/index.js'
import { percentile } from './load.ts'

/** As many as Node takes from its sockets before it looks what else there is to do. */
const MAX_PER_TICK = 1000

/** What became of calls that were begun at a fixed rate, however many were still in progress. */
export interface OpenLoop {
  /** How many succeeded within the time, by the second. */
  readonly goodput: number
  /** How long those took of which one in a hundred took longer. */
  readonly p99Millis: number
  /** The share of the calls that were refused, and how long it took until one in a hundred was. */
  readonly refusedShare: number
  readonly refusedP99Millis: number
  /** The most memory of the process at the end of a tick of the event loop. */
  readonly rssMiB: number
}

/** Begins calls at a fixed rate. The generator runs in this process, so its own work counts as load too. */
export async function openLoop(
  run: () => Promise<unknown>,
  { perSecond, millis }: { readonly perSecond: number; readonly millis: number },
): Promise<OpenLoop> {
  const [served, refused]: [number[], number[]] = [[], []]
  let begun = 0
  let rss = 0
  const call = async () => {
    const at = performance.now()
    try {
      await run()
      served.push(performance.now() - at)
    } catch (error) {
      if (!isAppGrantError(error, 'store_unavailable', 'outcome_unknown')) throw error
      refused.push(performance.now() - at)
    }
  }
  const start = performance.now()
  let now = start
  while (now - start < millis) {
    const due = Math.min(begun + MAX_PER_TICK, ((now - start) / 1000) * perSecond)
    for (; begun < due; begun++) {
      call()
      // As between the requests of a server: what was refused is done with before the next call begins.
      await undefined
    }
    rss = Math.max(rss, process.memoryUsage.rss())
    await new Promise(setImmediate)
    now = performance.now()
  }
  const goodput = (served.length / (now - start)) * 1000
  // The last to begin may have been refused long before others are served.
  while (served.length + refused.length < begun) await new Promise(setImmediate)
  return {
    goodput,
    p99Millis: percentile(served, 0.99),
    refusedShare: refused.length / begun,
    refusedP99Millis: percentile(refused, 0.99),
    rssMiB: rss / 2 ** 20,
  }
}
