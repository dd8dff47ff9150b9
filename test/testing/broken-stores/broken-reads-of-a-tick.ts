import { batchPerTick } from '../../../src/store/batch-per-tick.ts'
import type { GroupRef, PageRequest, RecordRef, Store, StoreRecord } from '../../../src/store/store.ts'
import { type BrokenStore, brokenNode, othersGoFirst } from './broken-store.ts'

type Found = readonly (StoreRecord | undefined)[]
type Refs = readonly RecordRef[]

const keyOf = ({ kind, partition, id }: RecordRef) => `${kind} ${partition} ${id}`
const groupKey = ({ kind, partition, group }: GroupRef) => `${kind} ${partition} ${group}`

/** A node that makes the gets of one tick together. */
function withGets(inner: Store, run: (calls: readonly Refs[]) => Promise<readonly Found[]>): Store {
  return { ...inner, get: batchPerTick<Refs, Found>(run, 10_000) }
}

/** Gives each call as many of the results as it has refs, one call after the other. */
function dealt(calls: readonly Refs[], results: Found): readonly Found[] {
  let at = 0
  return calls.map(({ length }) => {
    at += length
    return results.slice(at - length, at)
  })
}

/** Calls with the same key share the one that is under way. */
function joined<Passed extends unknown[], Result>(
  keyOfCall: (...passed: Passed) => string,
  call: (...passed: Passed) => Promise<Result>,
): (...passed: Passed) => Promise<Result> {
  const underWay = new Map<string, Promise<Result>>()
  const made = async (...passed: Passed) => {
    const result = await call(...passed)
    for (let ticks = 0; ticks < 3; ticks++) await othersGoFirst()
    return result
  }
  return (...passed) => {
    const key = keyOfCall(...passed)
    const known = underWay.get(key)
    if (known) return known
    const result = made(...passed).finally(() => underWay.delete(key))
    underWay.set(key, result)
    return result
  }
}

/** Of the calls of one tick with the same key, all have the result of the first. */
function firstForAll<Passed extends unknown[], Result>(
  keyOfCall: (...passed: Passed) => string,
  call: (...passed: Passed) => Promise<Result>,
): (...passed: Passed) => Promise<Result> {
  return batchAs(async (calls) => {
    const firsts = new Map<string, Promise<Result>>()
    return Promise.all(
      calls.map((passed) => {
        const key = keyOfCall(...passed)
        const first = firsts.get(key) ?? call(...passed)
        firsts.set(key, first)
        return first
      }),
    )
  })
}

function batchAs<Passed extends unknown[], Result>(
  run: (calls: readonly Passed[]) => Promise<readonly Result[]>,
): (...passed: Passed) => Promise<Result> {
  const batched = batchPerTick<Passed, Result>(run, 10_000)
  return (...passed) => batched(passed)
}

export const brokenReadsOfATick: readonly BrokenStore[] = [
  brokenNode(
    'the results of the gets of one tick are swapped',
    (inner) =>
      withGets(inner, async (calls) => {
        const results = await Promise.all(calls.map((refs) => inner.get(refs)))
        return results.toReversed()
      }),
    [
      'gets of one tick',
      'hundreds of gets of one tick',
      'insert under a condition',
      'a stale insert stores nothing',
      'stale before exists before full',
      'conditions of one turn',
      'reads and writes of one tick',
      'calls under way at close',
    ],
  ),
  brokenNode(
    'every get of a tick returns what the last one requested',
    (inner) =>
      withGets(inner, async (calls) => {
        const results = await Promise.all(calls.map((refs) => inner.get(refs)))
        return calls.map(() => results.at(-1) ?? [])
      }),
    [
      'gets of one tick',
      'hundreds of gets of one tick',
      'results of one tick are separate',
      'insert under a condition',
      'a stale insert stores nothing',
      'stale before exists before full',
      'conditions of one turn',
      'reads and writes of one tick',
      'calls under way at close',
    ],
  ),
  brokenNode(
    'a ref that two gets of a tick request is read once and shifts the others',
    (inner) =>
      withGets(inner, async (calls) => {
        const refs = [...new Map(calls.flat().map((ref) => [keyOf(ref), ref])).values()]
        return calls.length === 1 ? [await inner.get(calls[0] ?? [])] : dealt(calls, await inner.get(refs))
      }),
    [
      'gets of one tick',
      'hundreds of gets of one tick',
      'results of one tick are separate',
      'reads and writes of one tick',
    ],
  ),
  brokenNode(
    'an absent record shifts the results of the gets of a tick',
    (inner) =>
      withGets(inner, async (calls) => {
        const found = await inner.get(calls.flat())
        if (calls.length === 1) return [found]
        return dealt(calls, [...found.filter(Boolean), ...found.filter((one) => !one)])
      }),
    ['gets of one tick', 'hundreds of gets of one tick', 'a stale insert stores nothing'],
  ),
  brokenNode(
    'the gets of a tick find each other records by id alone',
    (inner) =>
      withGets(inner, async (calls) => {
        const found = await inner.get(calls.flat())
        if (calls.length === 1) return [found]
        const byId = new Map(found.map((one) => [one?.id, one]))
        return calls.map((refs) => refs.map(({ id }) => byId.get(id)))
      }),
    ['gets of one tick'],
  ),
  brokenNode(
    'the gets of a tick return their records in the order of ids',
    (inner) =>
      withGets(inner, async (calls) => {
        if (calls.length === 1) return [await inner.get(calls[0] ?? [])]
        const sorted = calls.map((refs) => refs.toSorted((a, b) => (a.id < b.id ? -1 : 1)))
        return Promise.all(sorted.map((refs) => inner.get(refs)))
      }),
    ['gets of one tick', 'reads and writes of one tick'],
  ),
  brokenNode(
    'from the 500th get of a tick on, nothing is found',
    (inner) =>
      withGets(inner, (calls) =>
        Promise.all(calls.map((refs, n) => (n < 500 ? inner.get(refs) : refs.map(() => undefined)))),
      ),
    ['hundreds of gets of one tick'],
  ),
  brokenNode(
    'the gets of a tick share their objects',
    (inner) =>
      withGets(inner, async (calls) => {
        const found = await inner.get(calls.flat())
        const copies = new Map(found.map((one) => [one && keyOf(one), one && { ...one, groups: [...one.groups] }]))
        return calls.map((refs) => refs.map((ref) => copies.get(keyOf(ref))))
      }),
    ['results of one tick are separate'],
  ),
  brokenNode(
    'equal gets of a tick share their list',
    (inner) => ({ ...inner, get: firstForAll((refs: Refs) => refs.map(keyOf).join(), inner.get) }),
    ['results of one tick are separate'],
  ),
  brokenNode(
    'equal lists of a tick share their records',
    (inner) => ({
      ...inner,
      list: firstForAll(
        (group: GroupRef, page: PageRequest) => groupKey(group) + JSON.stringify(page),
        async (group: GroupRef, page: PageRequest) => {
          const { records, more } = await inner.list(group, page)
          return { records: records.map((one) => ({ ...one })), more }
        },
      ),
    }),
    ['results of one tick are separate'],
  ),
  brokenNode(
    'a get joins an equal one that is under way',
    (inner) => ({ ...inner, get: joined((refs: Refs) => refs.map(keyOf).join(), inner.get) }),
    ['results of one tick are separate', 'a read joins no earlier one'],
  ),
  brokenNode(
    'a list joins one of the group that is under way',
    (inner) => ({
      ...inner,
      list: joined((group: GroupRef, page: PageRequest) => groupKey(group) + page.limit + page.after?.id, inner.list),
    }),
    ['results of one tick are separate', 'lists and counts of one tick', 'a read joins no earlier one'],
  ),
  brokenNode(
    'a count joins an equal one that is under way',
    (inner) => ({
      ...inner,
      count: joined((group: GroupRef, after: number) => groupKey(group) + after, inner.count),
    }),
    ['a read joins no earlier one'],
  ),
  brokenNode(
    'the lists of one group in a tick have the page size of the first',
    (inner) => ({
      ...inner,
      list: firstForAll(
        (group: GroupRef, { after }: PageRequest) => groupKey(group) + JSON.stringify(after),
        inner.list,
      ),
    }),
    ['results of one tick are separate', 'lists and counts of one tick'],
  ),
  brokenNode(
    'the lists of one group in a tick begin where the first does',
    (inner) => ({
      ...inner,
      list: firstForAll((group: GroupRef, { limit }: PageRequest) => groupKey(group) + limit, inner.list),
    }),
    ['results of one tick are separate', 'lists and counts of one tick'],
  ),
  brokenNode(
    'the lists of a tick are those of the first partition',
    (inner) => ({
      ...inner,
      list: firstForAll(
        ({ kind, group }: GroupRef, page: PageRequest) => kind + group + JSON.stringify(page),
        inner.list,
      ),
    }),
    ['results of one tick are separate', 'lists and counts of one tick'],
  ),
  brokenNode(
    'the counts of one group in a tick are that of the first',
    (inner) => ({ ...inner, count: firstForAll((group: GroupRef, _after: number) => groupKey(group), inner.count) }),
    ['lists and counts of one tick'],
  ),
]
