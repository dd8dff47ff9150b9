import fc from 'fast-check'
import type { MongoClient } from 'mongodb'
import { beforeAll, describe, expect, it } from 'vitest'
import { freeSeats } from '../../../adapters/mongodb/seats.ts'
import { describeWithMongo, freshName, preparedStore, storeOn } from '../../support/servers/mongo-target.ts'
import { record } from './records.ts'

const inserted = (answers: readonly string[]) => answers.filter((answer) => answer === 'inserted').length

describe('the free seats below a limit (APP-6)', () => {
  const seats = fc.uniqueArray(fc.nat(30), { maxLength: 20 })

  it('taking the free seats fills the group exactly to the limit, or changes nothing if it was exceeded (APP-6)', () => {
    fc.assert(
      fc.property(seats, fc.nat(25), (taken, max) => {
        const free = freeSeats(taken, max)
        expect(new Set([...taken, ...free]).size).toBe(taken.length + free.length)
        expect(taken.length + free.length).toBe(Math.max(taken.length, max))
      }),
    )
  })

  it('two writers that read different moments never exceed the limit together, whoever left between (APP-6)', () => {
    fc.assert(
      fc.property(seats, fc.infiniteStream(fc.boolean()), fc.nat(25), (taken, leaves, max) => {
        const later = taken.filter(() => !leaves.next().value)
        const members = new Set([...later, ...freeSeats(taken, max), ...freeSeats(later, max)])
        expect(members.size).toBeLessThanOrEqual(Math.max(later.length, max))
      }),
    )
  })
})

describeWithMongo('the limit of a group on MongoDB (APP-6)', (target) => {
  let client: MongoClient
  let another: MongoClient
  beforeAll(() => {
    client = target().connect()
    another = target().connect()
  })
  const owned = () => record({ groups: ['owner'] })
  const group = { kind: 'thing', partition: 'p0', group: 'owner' }

  it('the limit is exact under 150 parallel inserts of two clients into ten groups (APP-6)', async () => {
    const name = freshName()
    const nodes = [await preparedStore(client, name), await preparedStore(another, name)]
    const owners = Array.from({ length: 10 }, (_, n) => `owner${n}`)
    const calls = Array.from({ length: 150 }, (_, n) => {
      const owner = owners[n % 10] as string
      return nodes[n % 2]?.insert(record({ groups: [owner] }), { limit: { group: owner, max: 7 } })
    })
    expect(inserted((await Promise.all(calls)) as string[])).toBe(70)
    for (const owner of owners) expect(await nodes[0]?.count({ ...group, group: owner }, 0)).toBe(7)
  })

  it('the limit stays exact while members leave: never one too many, and every place is found again (APP-6)', async () => {
    const name = freshName()
    const store = await preparedStore(client, name)
    const max = 6
    const limit = { group: 'owner', max }
    let most = 0
    let done = false
    const watching = (async () => {
      while (!done) most = Math.max(most, await store.count(group, 0))
    })()
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (let round = 0; round < 12; round++) {
          const one = owned()
          if ((await store.insert(one, { limit })) !== 'inserted') continue
          expect(await store.replace(one, { ...one, groups: [], revision: 'gone' })).toBe(true)
        }
      }),
    )
    done = true
    await watching
    expect(most).toBeGreaterThan(0)
    expect(most).toBeLessThanOrEqual(max)
    const answers = await Promise.all(Array.from({ length: 10 }, () => store.insert(owned(), { limit })))
    expect(inserted(answers)).toBe(max)
  })

  it('a lowered limit counts the members above it and finds the places below it (APP-6)', async () => {
    const store = await preparedStore(client)
    const first = Array.from({ length: 10 }, owned)
    for (const one of first) await store.insert(one, { limit: { group: 'owner', max: 10 } })
    for (const one of first.slice(0, 7)) await store.replace(one, { ...one, groups: [], revision: 'gone' })
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => store.insert(owned(), { limit: { group: 'owner', max: 5 } })),
    )
    expect(inserted(answers)).toBe(2)
    expect(await store.count(group, 0)).toBe(5)
  })

  it('an insert with a limit is refused with the fix if the collection was never prepared', async () => {
    const store = storeOn(client)
    const call = store.insert(owned(), { limit: { group: 'owner', max: 1 } })
    await expect(call).rejects.toMatchObject({ cause: { hint: expect.stringContaining('prepare()') } })
    expect(await store.get([owned()])).toEqual([undefined])
  })

  it('an insert with a limit is refused if an index of the same name is not unique', async () => {
    const name = freshName()
    await client
      .db('appgrant_tests')
      .collection(name)
      .createIndex({ partition: 1, kind: 1, limited: 1, seat: 1 }, { name: 'appgrant_seats' })
    const store = storeOn(client, name)
    const call = store.insert(owned(), { limit: { group: 'owner', max: 1 } })
    await expect(call).rejects.toMatchObject({ cause: { message: expect.stringContaining('appgrant_seats') } })
    await expect(store.prepare()).rejects.toThrow(/appgrant_seats/)
  })

  it('an insert with a limit is refused if the index was dropped while the store was in use', async () => {
    const name = freshName()
    const store = await preparedStore(client, name)
    const limit = { group: 'owner', max: 1 }
    expect(await store.insert(owned(), { limit })).toBe('inserted')
    await client.db('appgrant_tests').collection(name).dropIndex('appgrant_seats')
    await expect(store.insert(owned(), { limit })).rejects.toMatchObject({
      cause: { hint: expect.stringContaining('prepare()') },
    })
  })
})
