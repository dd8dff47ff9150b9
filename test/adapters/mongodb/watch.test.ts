import type { MongoClient } from 'mongodb'
import { beforeAll, expect, it } from 'vitest'
import type { RecordRef, Store, StoreRecord } from '../../../src/store/store.ts'
import { describeWithMongo, freshName, preparedStore, storeOn } from '../../support/servers/mongo-target.ts'
import { until } from '../../support/servers/until.ts'
import { record } from './records.ts'

describeWithMongo('watching mongoStore', (target) => {
  let client: MongoClient
  beforeAll(() => {
    client = target().connect()
  })
  const watchable = () => target().layout === 'replica set'

  /** Replaces the record until a hint has come. */
  const hintFor = async (store: Store, hints: readonly RecordRef[], from: StoreRecord) => {
    let stands = from
    const before = hints.length
    await until('a hint', async () => {
      const next = { ...stands, revision: record().revision }
      if (await store.replace(stands, next)) stands = next
      return hints.length > before
    })
    expect(hints.at(-1)).toEqual({ kind: from.kind, partition: from.partition, id: from.id })
  }

  it('watch is absent if changes cannot be followed, and silent without prepare()', async () => {
    const prepared = await preparedStore(client)
    expect('watch' in prepared).toBe(watchable())
    const stop = await storeOn(client).watch?.(() => expect.fail('no hint is expected'))
    await stop?.()
    await stop?.()
  })

  it('watch continues after its change stream ended', async () => {
    if (!watchable()) return
    const name = freshName()
    const store = await preparedStore(client, name)
    const hints: RecordRef[] = []
    const stop = await store.watch?.((ref) => void hints.push(ref))
    const one = record()
    await store.insert(one)
    await hintFor(store, hints, one)
    await client.db('appgrant_tests').collection(name).drop()
    await preparedStore(client, name)
    const two = record()
    await store.insert(two)
    await hintFor(store, hints, two)
    await stop?.()
  })

  it('watch ends with the store, whose client still works', async () => {
    if (!watchable()) return
    const name = freshName()
    const closing = await preparedStore(client, name)
    const working = await preparedStore(client, name)
    const ended: RecordRef[] = []
    const hints: RecordRef[] = []
    await closing.watch?.((ref) => void ended.push(ref))
    await working.watch?.((ref) => void hints.push(ref))
    await closing.close()
    const before = ended.length
    const one = record()
    await working.insert(one)
    await hintFor(working, hints, one)
    expect(ended.length).toBe(before)
    await working.close()
  })
})
