import { batchPerTick } from '../../../src/store/batch-per-tick.ts'
import type { InsertOptions, InsertResult, RecordRef, Store, StoreRecord } from '../../../src/store/store.ts'
import { type BrokenStore, brokenNode } from './broken-store.ts'

interface InsertCall {
  readonly record: StoreRecord
  readonly options: InsertOptions
}
interface ReplaceCall {
  readonly from: StoreRecord
  readonly to: StoreRecord
}

const keyOf = ({ kind, partition, id }: RecordRef) => `${kind} ${partition} ${id}`
const limitKey = ({ record, options }: InsertCall) => `${record.kind} ${record.partition} ${options.limit?.group}`

/** A node that makes the inserts of one tick together. Those under a condition are not its defect. */
function withInserts(inner: Store, run: (calls: readonly InsertCall[]) => Promise<readonly InsertResult[]>): Store {
  const insert = batchPerTick(run, 10_000)
  return {
    ...inner,
    insert: (record, options = {}) => (options.onlyIf ? inner.insert(record, options) : insert({ record, options })),
  }
}

function withReplaces(inner: Store, run: (calls: readonly ReplaceCall[]) => Promise<readonly boolean[]>): Store {
  const replace = batchPerTick(run, 10_000)
  return { ...inner, replace: (from, to) => replace({ from, to }) }
}

/** A node whose limited inserts of one tick on one group all have one limit. */
function withOneLimit(inner: Store, choose: (limits: readonly number[]) => number): Store {
  return withInserts(inner, (calls) =>
    Promise.all(
      calls.map((call) => {
        const { limit } = call.options
        if (!limit) return inner.insert(call.record, call.options)
        const same = calls.filter((other) => other.options.limit && limitKey(other) === limitKey(call))
        const max = choose(same.map(({ options }) => options.limit?.max ?? 0))
        return inner.insert(call.record, { ...call.options, limit: { ...limit, max } })
      }),
    ),
  )
}

export const brokenWritesOfATick: readonly BrokenStore[] = [
  brokenNode(
    'if one insert of a tick finds a record, all return exists',
    (inner) =>
      withInserts(inner, async (calls) => {
        const results = await Promise.all(calls.map(({ record, options }) => inner.insert(record, options)))
        return results.includes('exists') ? calls.map(() => 'exists') : results
      }),
    [
      'one of many parallel inserts wins',
      'inserts of one tick',
      'one record twice in one tick',
      'limits of one tick',
      'free places of one tick',
    ],
  ),
  brokenNode(
    'the inserts of a tick return the result of the last',
    (inner) =>
      withInserts(inner, async (calls) => {
        const results = await Promise.all(calls.map(({ record, options }) => inner.insert(record, options)))
        return calls.map(() => results.at(-1) ?? 'inserted')
      }),
    [
      'one of many parallel inserts wins',
      'limit under parallel inserts',
      'removal frees a place',
      'removals in a race with limited inserts',
      'inserts of one tick',
      'one record twice in one tick',
      'limits of one tick',
      'different limits on one group in one tick',
      'free places of one tick',
    ],
  ),
  brokenNode(
    'a refused insert shifts the results of its tick',
    (inner) =>
      withInserts(inner, async (calls) => {
        const results = await Promise.all(calls.map(({ record, options }) => inner.insert(record, options)))
        return [...results.filter((one) => one !== 'inserted'), ...results.filter((one) => one === 'inserted')]
      }),
    [
      'one of many parallel inserts wins',
      'inserts of one tick',
      'one record twice in one tick',
      'limits of one tick',
      'different limits on one group in one tick',
      'free places of one tick',
    ],
  ),
  brokenNode(
    'one record twice in a tick is inserted twice',
    (inner) =>
      withInserts(inner, async (calls) => {
        const firsts = new Map<string, Promise<InsertResult>>()
        return Promise.all(
          calls.map(({ record, options }) => {
            const first = firsts.get(keyOf(record)) ?? inner.insert(record, options)
            firsts.set(keyOf(record), first)
            return first
          }),
        )
      }),
    ['one of many parallel inserts wins', 'one record twice in one tick', 'free places of one tick'],
  ),
  brokenNode(
    'of one record twice in a tick both inserts return exists',
    (inner) =>
      withInserts(inner, async (calls) => {
        const results = await Promise.all(calls.map(({ record, options }) => inner.insert(record, options)))
        const times = (ref: string) => calls.filter(({ record }) => keyOf(record) === ref).length
        return results.map((one, n) => (times(keyOf(calls[n]?.record as StoreRecord)) > 1 ? 'exists' : one))
      }),
    ['one of many parallel inserts wins', 'one record twice in one tick', 'free places of one tick'],
  ),
  brokenNode(
    'the inserts of a tick are those of its first partition',
    (inner) =>
      withInserts(inner, (calls) =>
        Promise.all(
          calls.map(async ({ record, options }) =>
            record.partition === calls[0]?.record.partition ? inner.insert(record, options) : 'inserted',
          ),
        ),
      ),
    [
      'get keeps the order of the refs',
      'get of 300 refs',
      'gets of one tick',
      'hundreds of gets of one tick',
      'lists and counts of one tick',
      'hostile names',
      'names that look alike',
      'refs that look alike when joined',
      'names of 200 characters',
      'replace changes one record',
      'inserts of one tick',
      'limits of one tick',
      'replaces of one tick',
      'list keeps groups apart',
      'count keeps groups apart',
      'get of 1000 refs',
    ],
  ),
  brokenNode('the first limit of a tick counts for all', (inner) => withOneLimit(inner, ([first = 0]) => first), [
    'limits of one tick',
    'different limits on one group in one tick',
  ]),
  brokenNode('the highest limit of a tick counts for all', (inner) => withOneLimit(inner, (all) => Math.max(...all)), [
    'limits of one tick',
    'different limits on one group in one tick',
  ]),
  brokenNode('the lowest limit of a tick counts for all', (inner) => withOneLimit(inner, (all) => Math.min(...all)), [
    'limits of one tick',
    'different limits on one group in one tick',
  ]),
  brokenNode(
    'if one insert of a tick is refused by its limit, all later ones are',
    (inner) =>
      withInserts(inner, async (calls) => {
        const results: InsertResult[] = []
        for (const { record, options } of calls)
          results.push(results.includes('full') && options.limit ? 'full' : await inner.insert(record, options))
        return results
      }),
    ['limits of one tick', 'different limits on one group in one tick'],
  ),
  brokenNode(
    'the inserts of a tick that find a record take a place',
    (inner) =>
      withInserts(inner, async (calls) => {
        const results: InsertResult[] = []
        for (const { record, options } of calls) {
          const taken = results.filter((one) => one === 'exists').length
          const limit = options.limit && { ...options.limit, max: options.limit.max - taken }
          results.push(await inner.insert(record, { ...options, ...(limit && { limit }) }))
        }
        return results
      }),
    ['limits of one tick', 'free places of one tick'],
  ),
  brokenNode(
    'the replaces of a tick return the result of the first',
    (inner) =>
      withReplaces(inner, async (calls) => {
        const results = await Promise.all(calls.map(({ from, to }) => inner.replace(from, to)))
        return calls.map(() => results[0] ?? false)
      }),
    [
      'one of many parallel replaces wins',
      'a counter under parallel replaces',
      'replaces of one tick',
      'reads and writes of one tick',
    ],
  ),
  brokenNode(
    'as many replaces of a tick return true as were done, the first ones',
    (inner) =>
      withReplaces(inner, async (calls) => {
        const results = await Promise.all(calls.map(({ from, to }) => inner.replace(from, to)))
        const done = results.filter(Boolean).length
        return calls.map((_, n) => n < done)
      }),
    ['replaces of one tick'],
  ),
  brokenNode(
    'of the replaces of a tick only those of the first partition are made',
    (inner) =>
      withReplaces(inner, (calls) =>
        Promise.all(
          calls.map(({ from, to }) =>
            from.partition === calls[0]?.from.partition ? inner.replace(from, to) : Promise.resolve(false),
          ),
        ),
      ),
    ['replaces of one tick'],
  ),
]
