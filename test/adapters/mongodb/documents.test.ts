import type { Document, MongoClient } from 'mongodb'
import { beforeAll, expect, it } from 'vitest'
import type { RecordRef } from '../../../src/store/store.ts'
import { describeWithMongo, freshName, preparedStore } from '../../support/servers/mongo-target.ts'
import { record } from './records.ts'

// What a caller that ignores the types could pass (S40), and text that means more than a name elsewhere (S43).
const NO_NAMES: readonly unknown[] = [
  ...[{ $ne: null }, { $gt: '' }, { $regex: '.*' }, ['a'], [], 1, 0, true, null, undefined, new Date()],
  ...[Object('a'), { toString: () => 'a' }, { _bsontype: 'Code', code: '1' }],
  ...[
    '',
    'a:b',
    'p0:thing:x',
    '{a}',
    '*',
    'a\r\nb',
    'a\u0000b',
    'a b',
    '$where',
    'a/b',
    'é',
    'x'.repeat(201),
    'x'.repeat(10_000),
  ],
]
const PARTS = ['kind', 'partition', 'id'] as const

describeWithMongo('mongoStore documents', (target) => {
  let client: MongoClient
  beforeAll(() => {
    client = target().connect({ monitorCommands: true })
  })

  it('a document is readable and contains nothing beyond its record (S46)', async () => {
    const name = freshName()
    const store = await preparedStore(client, name)
    const expiresAt = Date.now() + 3_600_000
    const one = record({ kind: 'app', partition: 'k7', id: 'a1', groups: ['own', 'all'], expiresAt, revision: 'r1' })
    await store.insert(one, { limit: { group: 'own', max: 3 } })
    const stored = await client.db('appgrant_tests').collection<{ _id: string }>(name).findOne({ _id: 'k7:app:a1' })
    expect(stored).toEqual({
      _id: 'k7:app:a1',
      partition: 'k7',
      kind: 'app',
      groups: ['own', 'all'],
      position: expiresAt,
      expiresAt,
      reclaimAt: new Date(expiresAt + 60_000),
      revision: 'r1',
      data: '{}',
      limited: 'own',
      seat: expect.any(Number),
    })
    await store.replace(one, { ...one, revision: 'r2' })
    expect(await store.insert(record({ groups: ['own'] }), { limit: { group: 'own', max: 1 } })).toBe('inserted')
    const kept = await client.db('appgrant_tests').collection<{ _id: string }>(name).findOne({ _id: 'k7:app:a1' })
    expect(kept).toEqual({ ...stored, revision: 'r2' })
  })

  it('an invalid ref causes no command at all (S40, S43)', async () => {
    const store = await preparedStore(client)
    const one = record({ groups: ['g'] })
    await store.insert(one)
    const commands: Document[] = []
    client.on('commandStarted', ({ command }) => void commands.push(command))
    const misuses = NO_NAMES.flatMap((bad) => [
      ...PARTS.flatMap((part) => {
        const ref = { ...one, [part]: bad } as typeof one
        return [
          () => store.get([ref]),
          () => store.get([one, ref as RecordRef]),
          () => store.insert(ref),
          () => store.insert(ref, { limit: { group: 'g', max: 10 } }),
          () => store.replace(ref, one),
          () => store.replace(one, ref),
        ]
      }),
      () => store.replace({ ...one, revision: bad as string }, one),
      () => store.insert(record({ groups: ['g', bad as string] })),
      () => store.insert(record({ groups: ['g'] }), { limit: { group: bad as string, max: 1 } }),
      ...(['kind', 'partition', 'group'] as const).flatMap((part) => {
        const group = { kind: 'thing', partition: 'p0', group: 'g', [part]: bad } as {
          kind: string
          partition: string
          group: string
        }
        return [() => store.list(group, { limit: 1 }), () => store.count(group, 0)]
      }),
    ])
    const settled = await Promise.allSettled(misuses.map((misuse) => misuse()))
    for (const outcome of settled) {
      expect(outcome.status).toBe('rejected')
      expect(outcome.status === 'rejected' && outcome.reason).toBeInstanceOf(TypeError)
    }
    expect(commands.filter(({ find, insert, update, aggregate }) => find || insert || update || aggregate)).toEqual([])
    expect(await store.get([one])).toEqual([one])
  })

  it('a number or place that is not a number is refused (S40)', async () => {
    const store = await preparedStore(client)
    const group = { kind: 'thing', partition: 'p0', group: 'g' }
    await store.insert(record({ groups: ['g'] }))
    for (const bad of [{ $gt: 0 }, { $ne: null }, '0', null, [0], Number.NaN] as unknown as number[]) {
      await expect(store.count(group, bad)).rejects.toThrow(TypeError)
      await expect(store.list(group, { limit: 1, after: { position: bad, id: '' } })).rejects.toThrow(TypeError)
      await expect(store.list(group, { limit: bad })).rejects.toThrow(TypeError)
    }
    for (const id of [{ $gt: '' }, ['a'], 1] as unknown as string[])
      await expect(store.list(group, { limit: 1, after: { position: 0, id } })).rejects.toThrow(TypeError)
  })

  it('operators and markup in data and revision stay plain text (S41, S44)', async () => {
    const store = await preparedStore(client)
    const texts = [
      '$$REMOVE',
      '$data',
      '{"$set":{"revision":"x"}}',
      '"\u0000"',
      '__proto__',
      '$literal',
      '{"__proto__":{}}',
    ]
    for (const data of texts) {
      const one = record({ data })
      expect(await store.insert(one)).toBe('inserted')
      const next = { ...one, revision: 'next', groups: ['__proto__', 'constructor'], data: `${data} ` }
      expect(await store.replace({ ...one, revision: 'other' }, next)).toBe(false)
      expect(await store.replace(one, next)).toBe(true)
      expect(await store.get([one])).toEqual([next])
      expect((await store.list({ ...one, group: '__proto__' }, { limit: 1000 })).records).toContainEqual(next)
    }
  })
})
