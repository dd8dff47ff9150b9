import type { CommandStartedEvent, Document } from 'mongodb'
import { expect, it } from 'vitest'
import { describeWithMongo, freshName, preparedStore, storeOn } from '../../support/servers/mongo-target.ts'
import { record } from './records.ts'

const WEAK = {
  readPreference: 'secondary',
  w: 0,
  journal: false,
  readConcernLevel: 'majority',
  retryWrites: false,
  promoteValues: false,
  promoteLongs: false,
  ignoreUndefined: true,
} as const

describeWithMongo('mongoStore with a weak connection string', (target) => {
  it('mongoStore reads from the primary and waits for a majority, whatever the connection string says', async () => {
    const client = target().connect({ ...WEAK, monitorCommands: true })
    const commands: (Document & { address: string })[] = []
    client.on('commandStarted', ({ command, address }: CommandStartedEvent) => {
      commands.push({ ...command, address })
    })
    const store = await preparedStore(client)
    commands.splice(0)
    const one = record({ groups: ['g'], expiresAt: Date.now() + 3_600_000 })
    const group = { kind: 'thing', partition: 'p0', group: 'g' }
    expect(await store.insert(one)).toBe('inserted')
    expect(await store.insert(record({ groups: ['h'] }), { limit: { group: 'h', max: 1 } })).toBe('inserted')
    expect(await store.insert(record({ groups: ['h'] }), { limit: { group: 'h', max: 1 } })).toBe('full')
    // What was just written is found by every read: none goes to a secondary that lags.
    for (let round = 0; round < 50; round++) {
      const fresh = record()
      await store.insert(fresh)
      expect(await store.get([fresh])).toEqual([fresh])
    }
    expect(await store.get([one])).toEqual([one])
    expect((await store.list(group, { limit: 1 })).records).toEqual([one])
    expect(await store.count(group, 0)).toBe(1)
    expect(await store.replace(one, { ...one, revision: 'next' })).toBe(true)

    const hello = await client.db().command({ hello: 1 }, { promoteValues: true, readPreference: 'primary' })
    for (const command of commands.filter(({ insert, update }) => insert || update))
      expect(command.writeConcern).toEqual({ w: 'majority', j: true })
    for (const command of commands.filter(({ find, aggregate }) => find || aggregate)) {
      expect(command.readConcern).toMatchObject({ level: 'local' })
      expect(command.$readPreference?.mode).not.toBe('secondary')
      expect(hello.primary ?? command.address).toBe(command.address)
    }
    for (const { find, aggregate, insert, update, maxTimeMS } of commands)
      if (find || aggregate || insert || update) expect(maxTimeMS).toBeGreaterThan(0)
  })

  it('mongoStore does not read from a single member, which could be a secondary after a failover', async () => {
    const { layout, url, connect } = target()
    if (layout !== 'replica set') return
    const name = freshName()
    const one = record()
    await (await preparedStore(connect(), name)).insert(one)
    for (const host of url.match(/[\d.]+:\d+/g) ?? []) {
      const store = storeOn(connect({}, `mongodb://${host}/?directConnection=true`), name)
      const group = { kind: 'thing', partition: 'p0', group: 'g' }
      await expect(store.get([one])).rejects.toThrow(/directConnection/)
      await expect(store.list(group, { limit: 1 })).rejects.toThrow(/directConnection/)
      await expect(store.count(group, 0)).rejects.toThrow(/directConnection/)
      await expect(store.prepare()).rejects.toThrow(/directConnection|primary/)
    }
  })
})
