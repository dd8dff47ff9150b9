import type { CommandStartedEvent, Document, MongoClient } from 'mongodb'
import { beforeAll, beforeEach, expect, it } from 'vitest'
import { isNotApplied } from '../../../src/store/store.ts'
import { describeWithMongo, freshName, preparedStore } from '../../support/servers/mongo-target.ts'
import { record } from './records.ts'

const many = (count: number) => Array.from({ length: count }, () => record({ groups: ['g'] }))
const outcomes = (calls: readonly Promise<string>[]) => Promise.allSettled(calls)

describeWithMongo('mongoStore commands', (target) => {
  let client: MongoClient
  const commands: Document[] = []
  beforeAll(() => {
    client = target().connect({ monitorCommands: true })
    client.on('commandStarted', ({ command }: CommandStartedEvent) => void commands.push(command))
  })
  beforeEach(() => void commands.splice(0))
  const named = (name: string) => commands.filter((command) => name in command)

  it('the inserts of one turn are one command, and each caller gets its own result', async () => {
    const store = await preparedStore(client)
    const records = many(64)
    expect(new Set(await Promise.all(records.map((one) => store.insert(one))))).toEqual(new Set(['inserted']))
    expect(named('insert').map((command) => command.documents.length)).toEqual([64])

    const mixed = records.flatMap((old) => [old, record()])
    const answers = await Promise.all(mixed.map((one) => store.insert(one)))
    expect(answers).toEqual(records.flatMap(() => ['exists', 'inserted']))
    expect(named('insert')).toHaveLength(2)
    expect(await store.get(records)).toEqual(records)
  })

  it('the same ref inserted twice in one turn is inserted once and exists once', async () => {
    const store = await preparedStore(client)
    const one = record()
    expect((await Promise.all([store.insert(one), store.insert(one)])).toSorted()).toEqual(['exists', 'inserted'])
  })

  it('a get of many refs, a replace, a count and a page are one command each', async () => {
    const store = await preparedStore(client)
    const records = many(200)
    await Promise.all(records.map((one) => store.insert(one)))
    commands.splice(0)
    const [first = record()] = records
    const group = { kind: 'thing', partition: 'p0', group: 'g' }
    expect(await store.get(records)).toEqual(records)
    expect(await store.replace(first, { ...first, revision: 'next' })).toBe(true)
    expect(await store.count(group, 0)).toBe(200)
    expect((await store.list(group, { limit: 150, after: { position: 1, id: '' } })).records).toHaveLength(150)
    expect(commands.map((command) => Object.keys(command)[0])).toEqual(['find', 'update', 'aggregate', 'find'])
  })

  it('every filter contains the partition, so that it can be the shard key', async () => {
    const store = await preparedStore(client)
    const [first = record(), second = record()] = many(2)
    const limit = { group: 'g', max: 1 }
    const group = { kind: 'thing', partition: 'p0', group: 'g' }
    await store.insert(first, { limit })
    await store.insert(second, { limit })
    await store.insert(first, { limit })
    await store.get([first, { ...second, partition: 'p1' }])
    await store.replace(first, { ...first, revision: 'next' })
    await store.list(group, { limit: 1 })
    await store.list(group, { limit: 1, after: { position: 1, id: 'x' } })
    await store.count(group, 0)
    const filters = commands.flatMap((command) => [
      ...(command.filter && command.find ? [command.filter] : []),
      ...(command.updates ?? []).map((update: Document) => update.q),
      ...(command.aggregate ? [command.pipeline[0].$match] : []),
    ])
    expect(filters.length).toBeGreaterThanOrEqual(10)
    const branches = filters.flatMap((filter) => filter.$or ?? [filter])
    for (const branch of branches) expect(branch).toHaveProperty('partition')
    for (const command of named('insert'))
      for (const document of command.documents) expect(document._id.startsWith(`${document.partition}:`)).toBe(true)
  })

  it('a document that the server refuses fails only its own caller, as not applied', async () => {
    const name = freshName()
    const store = await preparedStore(client, name)
    await client.db('appgrant_tests').command({ collMod: name, validator: { data: { $ne: '"refused"' } } })
    const refused = record({ data: '"refused"' })
    const [a, b, c] = await outcomes([store.insert(record()), store.insert(refused), store.insert(record())])
    expect([a?.status, b?.status, c?.status]).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(b?.status === 'rejected' && isNotApplied(b.reason)).toBe(true)
    expect(await store.get([refused])).toEqual([undefined])
  })

  it('an insert that the majority did not confirm has an unknown outcome for every caller', async () => {
    const store = await preparedStore(client)
    const stands = record()
    await store.insert(stands)
    const { layout } = target()
    if (layout === 'given server') return
    const failOnce = (commandName: string) =>
      client.db('admin').command({
        configureFailPoint: 'failCommand',
        mode: { times: 1 },
        data: {
          failCommands: [commandName],
          writeConcernError: { code: 64, errmsg: 'waiting for replication timed out' },
        },
      })
    await failOnce('insert')
    const added = record()
    for (const outcome of await outcomes([store.insert(added), store.insert(stands)])) {
      expect(outcome.status).toBe('rejected')
      expect(outcome.status === 'rejected' && isNotApplied(outcome.reason)).toBe(false)
    }
    expect(await store.insert(added)).toBe('exists')

    await failOnce('insert')
    const limited = store.insert(record({ groups: ['g'] }), { limit: { group: 'g', max: 1 } })
    await expect(limited).rejects.not.toSatisfy(isNotApplied)

    await failOnce('update')
    const next = { ...stands, revision: 'next' }
    await expect(store.replace(stands, next)).rejects.not.toSatisfy(isNotApplied)
    expect(await store.replace(next, { ...stands, revision: 'third' })).toBe(true)
  })

  it('a replica set executes a write once over a cut connection, and a standalone server leaves it unknown', async () => {
    const store = await preparedStore(client)
    const { layout } = target()
    if (layout === 'given server') return
    const cutOnce = (commandName: string) =>
      client.db('admin').command({
        configureFailPoint: 'failCommand',
        mode: { times: 1 },
        data: { failCommands: [commandName], closeConnection: true },
      })
    const one = record()
    const next = { ...one, revision: 'next' }
    await cutOnce('insert')
    const [inserted] = await outcomes([store.insert(one)])
    await store.insert(one)
    await cutOnce('update')
    const [replaced] = await Promise.allSettled([store.replace(one, next)])
    if (layout === 'replica set') expect([inserted, replaced]).toMatchObject([{ value: 'inserted' }, { value: true }])
    else
      for (const outcome of [inserted, replaced]) {
        expect(outcome?.status).toBe('rejected')
        expect(outcome?.status === 'rejected' && isNotApplied(outcome.reason)).toBe(false)
      }
  })
})
