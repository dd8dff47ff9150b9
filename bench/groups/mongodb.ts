import { randomBytes, randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { mongoStore } from '../../dist/mongodb.js'
import { startMongod, startReplicaSet } from '../../test/support/servers/mongod.ts'
import { cycle, mint, platform } from '../apps.ts'
import { atOnce, interleaved, shuffled } from '../measure.ts'
import type { Bench, Group } from '../report.ts'

/** By how many are in flight. */
const GOALS: Readonly<Record<number, { readonly verify: string; readonly issue: string }>> = {
  64: { verify: '>= 6', issue: '>= 5' },
}

/** A standalone server and a replica set of three, beside raw commands of the same driver at the same write concern. */
export const mongodb: Group = async (bench) => {
  for (const [title, start] of [
    ['standalone', startMongod],
    ['replica set', startReplicaSet],
  ] as const) {
    const server = await start()
    const client = new MongoClient(server.url, { monitorCommands: true })
    await client.connect()
    await throughput(bench, client, title)
    await regenerate(bench, client, title)
    await bytes(bench, client, title)
    await client.close()
    await server.stop()
  }
}

async function fresh(client: MongoClient) {
  const collection = `bench${randomUUID().slice(0, 8)}`
  const store = mongoStore({ db: client.db('bench'), collection })
  await store.prepare()
  return { ...(await platform(store)), collection }
}

async function throughput(bench: Bench, client: MongoClient, title: string): Promise<void> {
  const { appgrant, key, secret } = await fresh(client)
  const tokens = cycle(await mint(appgrant, { key, secret }, 1000))
  const raw = client
    .db('bench')
    .collection<{ _id: string; data: string }>('raw', { writeConcern: { w: 'majority', journal: true } })
  const data = randomBytes(100).toString('hex')
  await raw.insertMany(Array.from({ length: 1000 }, (_, at) => ({ _id: `raw:${at}`, data })))
  const ids = cycle(Array.from({ length: 1000 }, (_, at) => `raw:${at}`))
  const contenders = [
    { name: 'verify', run: () => appgrant.authorizer.tryVerify(tokens()) },
    { name: 'findOne', run: () => raw.findOne({ _id: ids() }) },
    { name: 'issue', run: () => appgrant.authorizer.clientCredentials({ key, secret }) },
    { name: 'insertOne', run: () => raw.insertOne({ _id: randomUUID(), data }) },
  ]
  for (const inFlight of [1, 64, 256]) {
    const of = await interleaved(atOnce(inFlight, contenders), {
      rounds: bench.quick ? 3 : 7,
      millis: bench.quick ? 200 : 1500,
    })
    const goals = GOALS[inFlight] ?? { verify: 'none', issue: 'none' }
    bench.compare({
      measure: `${title}: strict verify, ${inFlight} in flight`,
      goal: goals.verify,
      ours: of('verify'),
      reference: of('findOne'),
      against: 'raw findOne',
    })
    bench.compare({
      measure: `${title}: issue, ${inFlight} in flight`,
      goal: goals.issue,
      ours: of('issue'),
      reference: of('insertOne'),
      against: 'raw insertOne, same write concern',
    })
  }
  await client.db('bench').dropDatabase()
}

async function regenerate(bench: Bench, client: MongoClient, title: string): Promise<void> {
  const many = bench.quick ? 2000 : 100_000
  const [few, crowd] = [await fresh(client), await fresh(client)]
  await mint(few.appgrant, few, 1)
  await mint(crowd.appgrant, crowd, many)
  let sent = 0
  client.on('commandStarted', ({ commandName }) => {
    if (commandName !== 'hello') sent++
  })
  const times = { few: [] as number[], crowd: [] as number[] }
  const commands = { few: 0, crowd: 0 }
  for (let round = 0; round < 15; round++) {
    for (const [name, one] of shuffled(Object.entries({ few, crowd }) as ['few' | 'crowd', typeof few][])) {
      const before = sent
      const start = performance.now()
      await one.appgrant.apps.regenerateSecret(one.key)
      times[name].push(performance.now() - start)
      commands[name] = sent - before
    }
  }
  client.removeAllListeners('commandStarted')
  const against = 'with one'
  bench.row({
    measure: `${title}: regenerate with ${many.toLocaleString('en')} live tokens`,
    ours: times.crowd,
    reference: times.few,
    against,
    unit: 'ms',
    goal: title === 'replica set' ? '<= 1.5' : 'none',
  })
  bench.row({
    measure: `${title}: commands of a regenerate`,
    ours: commands.crowd,
    reference: commands.few,
    against,
    unit: 'commands',
    goal: 'none',
  })
}

async function bytes(bench: Bench, client: MongoClient, title: string): Promise<void> {
  const many = bench.quick ? 2000 : 50_000
  const one = await fresh(client)
  const size = async () => {
    const stats = await client.db('bench').command({ collStats: one.collection })
    return Number(stats.size) + Number(stats.totalIndexSize)
  }
  const before = await size()
  await mint(one.appgrant, one, many)
  bench.row({
    measure: `${title}: a token without user agent, with its index entries, uncompressed documents`,
    ours: ((await size()) - before) / many,
    reference: 1,
    against: 'one byte',
    unit: 'bytes',
    goal: 'none',
  })
}
