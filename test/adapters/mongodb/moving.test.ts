import { randomUUID } from 'node:crypto'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll } from 'vitest'
import { mongoStore } from '../../../adapters/mongodb/mongo-store.ts'
import { type RedisClient, redisStore } from '../../../adapters/redis/redis-store.ts'
import { testMoving } from '../../suites/moving.ts'
import { describeWith } from '../../support/servers/describe-with.ts'
import { drivers } from '../../support/servers/ioredis.ts'
import { freshName, quietly } from '../../support/servers/mongo-target.ts'
import { type Mongod, mongodBinary, mongodMissing, startMongod } from '../../support/servers/mongod.ts'
import { anyRedis, type SingleRedis, singleRedis } from '../../support/servers/redis.ts'

const found = mongodBinary !== undefined && anyRedis.found !== undefined ? true : undefined
const missing = mongodBinary === undefined ? mongodMissing : anyRedis.missing

describeWith('moving from Redis to MongoDB', { found, missing }, () => {
  let mongod: Mongod
  let mongo: MongoClient
  let redis: SingleRedis
  let client: RedisClient
  beforeAll(async () => {
    mongod = await startMongod()
    mongo = new MongoClient(mongod.url)
    redis = await singleRedis()
    client = drivers[0]?.single(redis.address) as RedisClient
  })
  afterAll(async () => {
    await mongo?.close()
    await mongod?.stop()
    await redis?.stop()
  })

  testMoving(
    async () => redisStore({ client, namespace: `m${randomUUID().replaceAll('-', '').slice(0, 16)}` }),
    async () => {
      const store = mongoStore({ db: mongo.db('appgrant_tests'), collection: freshName() })
      await quietly(() => store.prepare())
      return store
    },
  )
})
