import type { GroupRef, Position, RecordPage, RecordRef, Store, StoreRecord } from '../store/store.ts'
import type { Round } from './conformance-case.ts'
import { expectEqual, expectThat, FailedPreparation, nameOf } from './expectations.ts'
import { upTo } from './sample-records.ts'

const IN_FLIGHT = 50
const MAX_PAGES = 1000

/** Inserts the new records that a case needs, {@link IN_FLIGHT} at a time. */
export async function insertAll(store: Store, records: readonly StoreRecord[]): Promise<void> {
  for (let start = 0; start < records.length; start += IN_FLIGHT) {
    const some = records.slice(start, start + IN_FLIGHT)
    const results = await Promise.all(some.map((one) => preparing(store.insert(one))))
    for (const [index, one] of some.entries())
      if (results[index] !== 'inserted')
        throw new FailedPreparation(
          `insert at the free ref ${nameOf(one)}: expected 'inserted', received '${results[index]}'`,
        )
  }
}

async function preparing<Result>(call: Promise<Result>): Promise<Result> {
  try {
    return await call
  } catch (error) {
    throw new FailedPreparation(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** Replaces a record whose stored revision is that of `from`. */
export async function replaceWith(store: Store, from: StoreRecord, to: StoreRecord): Promise<StoreRecord> {
  expectEqual(`the result of a replace of the stored revision of ${nameOf(from)}`, await store.replace(from, to), true)
  return to
}

/** The record at the ref. */
export async function getOne(store: Store, ref: RecordRef): Promise<StoreRecord | undefined> {
  const [found] = await store.get([ref])
  return found
}

/** The ids of a group of at most 1000 members, sorted, so that only the cases about order depend on the order. */
export async function membersOf(store: Store, group: GroupRef): Promise<readonly string[]> {
  const { records } = await store.list(group, { limit: 1000 })
  return idsOf(records).toSorted()
}

/** Lets other callers run: a loop over a store that responds in the same tick of the event loop would block them. */
export function othersGoOn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** The ids of the records, in their order. */
export function idsOf(records: readonly RecordRef[]): readonly string[] {
  return records.map(({ id }) => id)
}

/** Every page of a list. Each page begins after the last record of the one before. */
export async function walk(list: (after: Position | undefined) => Promise<RecordPage>): Promise<readonly RecordPage[]> {
  const pages: RecordPage[] = []
  let after: Position | undefined
  while (pages.length < MAX_PAGES) {
    const page = await list(after)
    pages.push(page)
    const last = page.records.at(-1)
    if (!page.more) return pages
    expectThat(last !== undefined, 'a record in a page with more', page)
    if (last) after = { position: last.position, id: last.id }
  }
  expectThat(false, `the list to end within ${MAX_PAGES} pages`, 'a page with more')
  return pages
}

/** A page request of that size, after the place if there is one. */
export function pageAfter(after: Position | undefined, limit: number) {
  return after ? { after, limit } : { limit }
}

/** The results of the parallel calls of a round, every other one on the second node. */
export function fromTwoNodes<Result>(
  { callers, delayOf }: Pick<Round, 'callers' | 'delayOf'>,
  nodes: { readonly one: Store; readonly two: Store },
  call: (node: Store, caller: number) => Promise<Result>,
): Promise<readonly Result[]> {
  return Promise.all(
    upTo(callers).map(async (caller) => {
      for (let ticks = delayOf(caller); ticks > 0; ticks--) await othersGoOn()
      return call(caller % 2 === 0 ? nodes.one : nodes.two, caller)
    }),
  )
}
