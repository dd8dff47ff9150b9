// Issues and verifies on Redis in a process of its own, each time for as long as it is told.
import { redisStore } from '../../dist/redis.js'
import { cycle, mint, platform } from '../apps.ts'
import { atOnce } from '../measure.ts'
import { redisHere } from './serve.ts'

const IN_FLIGHT = 64

/** What a worker is told to do. */
export interface Work {
  readonly what: 'verify' | 'issue'
  readonly millis: number
}

const { appgrant, key, secret } = await platform(redisStore({ client: redisHere(), namespace: 'ag' }))
const tokens = cycle(await mint(appgrant, { key, secret }, 1000))
const contenders = atOnce(IN_FLIGHT, [
  { name: 'verify', run: () => appgrant.authorizer.verify(tokens()) },
  { name: 'issue', run: () => appgrant.authorizer.clientCredentials({ key, secret }) },
])
process.on('message', async ({ what, millis }: Work) => {
  process.send?.(await contenders.find(({ name }) => name === what)?.round(millis))
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
