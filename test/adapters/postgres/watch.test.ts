import { expect, it } from 'vitest'
import type { RecordRef, Store, StoreRecord } from '../../../src/store/store.ts'
import { changed, record, refOf } from '../../../src/testing/sample-records.ts'
import { describeWithPostgres, freshName } from '../../support/servers/postgres-target.ts'
import { until } from '../../support/servers/until.ts'

describeWithPostgres('watching postgresStore', (target) => {
  /** Replaces the record until a hint has come. */
  const hintFor = async (store: Store, hints: readonly RecordRef[], from: StoreRecord) => {
    let stored = from
    const before = hints.length
    await until('a hint', async () => {
      const next = changed(stored)
      if (await store.replace(stored, next)) stored = next
      return hints.length > before
    })
    expect(hints.at(-1)).toEqual(refOf(from))
    return stored
  }

  it('watch continues after its connection was terminated, and the process goes on', async () => {
    const table = freshName()
    const [store, other] = [await target().preparedStore(table), await target().preparedStore(table)]
    const hints: RecordRef[] = []
    const stop = await store.watch?.((ref) => void hints.push(ref))
    const one = record()
    await store.insert(one)
    const stored = await hintFor(other, hints, one)
    await target().sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'LISTEN "${table}"'`)
    await hintFor(store, hints, stored)
    await stop?.()
  })

  it('a watcher that throws does not silence the others, and hints do not cross tables', async () => {
    const [store, other] = [await target().preparedStore(), await target().preparedStore()]
    const hints: RecordRef[] = []
    await store.watch?.(() => {
      throw new Error('of a watcher')
    })
    await store.watch?.((ref) => void hints.push(ref))
    const [one, two] = [record(), record()]
    await Promise.all([store.insert(one), other.insert(two)])
    await other.replace(two, changed(two))
    await hintFor(store, hints, one)
    expect(hints).not.toContainEqual(refOf(two))
  })

  it('after close nothing is heard, every call rejects, and another store goes on', async () => {
    const table = freshName()
    const [closing, working] = [await target().preparedStore(table), await target().preparedStore(table)]
    const heard: RecordRef[] = []
    const hints: RecordRef[] = []
    await closing.watch?.((ref) => void heard.push(ref))
    await working.watch?.((ref) => void hints.push(ref))
    await Promise.all([closing.close(), closing.close()])
    const one = record()
    await working.insert(one)
    await hintFor(working, hints, one)
    expect(heard).toEqual([])
    const calls = [closing.get([one]), closing.insert(one), closing.replace(one, one), closing.watch?.(() => {})]
    for (const outcome of await Promise.allSettled<unknown>(calls))
      expect(outcome).toMatchObject({ status: 'rejected', reason: { cause: { message: 'the store is closed' } } })
  })
})
