import { randomInt } from 'node:crypto'
import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { afterEach, expect, it } from 'vitest'
import { redisStore } from '../../adapters/redis/redis-store.ts'
import { createHandler } from '../../src/http/index.ts'
import { type AppGrant, createAppGrant } from '../../src/index.ts'
import { toNodeHandler } from '../../src/node.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'
import { NO_LIMITS } from '../support/limits.ts'
import { closed, listening } from '../support/real-server.ts'
import { describeWith } from '../support/servers/describe-with.ts'
import { redisServer, startRedis } from '../support/servers/redis.ts'
import { bundled, type Script, scratchFolder, started } from '../support/servers/script.ts'
import { until } from '../support/servers/until.ts'
import { SIGNING } from '../support/signing.ts'
import type { Counts, Notice, Report, Service } from './receipts/notices.ts'

const API = 'https://api.example'
const NAMESPACE = 'receipts'
const STALENESS_MS = 4000
const ROUNDS = 1000
/** Apps that are revoked at the same time, each again and again. */
const APPS = 125
/** After how many seconds without the feed each of three services accepts nothing. */
const SILENT_SECONDS = [3, 6, 12]
/** How long a service is stopped at most, which some notice and others do not. */
const STOPPED_MS = 5000

type Token = { text: string; isRevoked: boolean; settled?: string }
type Wait = <Result>(ms: number, value?: Result) => Promise<Result>

/** The services, what they were told and what they said. */
function createServices(program: string, services: readonly Service[]) {
  const tokens = new Map<string, Token>()
  const counts = services.map(() => ({ accepted: 0, acceptedAfterRevocation: 0, refused: 0, failed: 0 }))
  const violations: string[] = []
  const running: Script[] = []

  const start = (at: number) => {
    const script = started(process.execPath, ['--no-warnings', program, JSON.stringify(services[at])])
    running[at] = script
    for (const [id, token] of tokens) tell(script, { id, ...token })
    void (async () => {
      for (let line = await script.next(); line !== undefined; line = await script.next()) {
        const report = JSON.parse(line) as Report
        if ('violation' in report) violations.push(`service ${at}: ${report.violation}, ${report.lateMs} ms late`)
        else for (const [name, count] of Object.entries(report.counts)) sum(at)[name as keyof Counts] += count
      }
    })()
  }
  const sum = (at: number) => counts[at] as { -readonly [Name in keyof Counts]: number }
  const tell = (script: Script, notice: Notice) => script.tell(JSON.stringify(notice))
  const tellAll = (notice: Notice) => {
    for (const script of running) tell(script, notice)
  }

  for (const at of services.keys()) start(at)
  return {
    counts,
    violations,
    present(id: string, text: string) {
      tokens.set(id, { text, isRevoked: false })
      tellAll({ id, text, isRevoked: false })
    },
    revoked(id: string) {
      const token = tokens.get(id)
      if (token) token.isRevoked = true
      tellAll({ id })
    },
    settled(id: string) {
      const settled = String(process.hrtime.bigint())
      const token = tokens.get(id)
      if (token) token.settled = settled
      tellAll({ id, settled })
      // A service that is started now gets those of the last rounds.
      const old = [...tokens].filter(([, { settled }]) => settled !== undefined).slice(0, -APPS)
      for (const [id] of old) tokens.delete(id)
    },
    /** Stops a service for a while, or ends it and starts another one. */
    async disturb(at: number, random: () => number, wait: Wait) {
      const { child } = running[at] as Script
      if (random() < 0.85) {
        child.kill('SIGSTOP')
        await wait(random() * STOPPED_MS)
        child.kill('SIGCONT')
        return
      }
      child.kill('SIGKILL')
      await wait(random() * 500)
      start(at)
    },
    async end() {
      await Promise.all(
        running.map((script) => {
          script.child.kill('SIGKILL')
          return script.ended()
        }),
      )
    },
  }
}

/** The ways in which an app-only token is revoked. */
const OPERATIONS: readonly ((appgrant: AppGrant, key: string, tokenId: string) => Promise<string | undefined>)[] = [
  async ({ tokens }, app, id) => void (await tokens.remove({ app, account: 'org', ids: [id] })),
  async ({ tokens }, app) => void (await tokens.removeAll({ app, account: 'org' })),
  async ({ apps }, app) => void (await apps.revokeTokens(app)),
  async ({ apps }, app) => (await apps.regenerateSecret(app)).secret,
  async ({ apps }, app) => {
    await apps.setTrusted(app, false)
    await apps.setTrusted(app, true)
    return undefined
  },
]

describeWith('receipts of services in processes of their own', redisServer, () => {
  const ends: (() => unknown)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  it(`${ROUNDS} receipts come after the last acceptance of five services that are stopped and started, and they come (REV-9)`, async () => {
    const seed = randomInt(2 ** 31)
    const random = seededRandom(seed)
    const redis = await startRedis()
    const server = createServer()
    const issuer = await listening(server)
    const scratch = scratchFolder()
    ends.push(redis.stop, () => closed(server), scratch.remove)
    const platform = {
      issuer,
      resources: [API],
      signing: SIGNING,
      revocationFeed: true,
      maxStalenessMs: STALENESS_MS,
      timeoutMs: 10_000,
      limits: NO_LIMITS,
    }
    const node = () => {
      const client = new Redis({ ...redis.address, lazyConnect: true })
      const appgrant = createAppGrant({ ...platform, store: redisStore({ client, namespace: NAMESPACE }) })
      ends.push(async () => {
        await appgrant.close()
        client.disconnect()
      })
      return appgrant
    }
    const [appgrant, serving] = [node(), node()]
    server.on('request', toNodeHandler(createHandler(serving)))
    const api = await appgrant.apps.register(exampleApp({ owner: 'org' }))
    await appgrant.apps.setResourceServer(api.app.key, API)
    const program = await bundled('faults/receipts/verifier.ts', { ...scratch, packages: ['ioredis', 'jose'] })
    const credentials = { key: api.app.key, secret: api.secret, intervalMs: 500 }
    const cached = { redis: redis.address, namespace: NAMESPACE, platform }
    const services = createServices(program, [
      ...SILENT_SECONDS.map((silentSeconds) => ({
        issuer,
        audience: API,
        timeoutMs: 2000,
        feed: { ...credentials, silentSeconds },
      })),
      { ...cached, listens: true },
      { ...cached, listens: false },
    ])
    ends.push(services.end)
    const isEachBusy = () => services.counts.every(({ accepted }) => accepted > 0)

    const waits: number[] = []
    const live = async (rounds: number) => {
      const { app, secret } = await appgrant.apps.register(exampleApp({ owner: 'org', trusted: true }))
      let current = secret
      for (let round = 0; round < rounds; round++) {
        const { accessToken, tokenId } = await serving.authorizer.clientCredentials({ key: app.key, secret: current })
        services.present(tokenId, accessToken)
        if (round === 0) await until('each service accepts tokens', isEachBusy)
        await pause(200 + 600 * random())
        const operation = OPERATIONS[Math.floor(random() * OPERATIONS.length)] as (typeof OPERATIONS)[number]
        current = (await operation(appgrant, app.key, tokenId)) ?? current
        const begun = performance.now()
        services.revoked(tokenId)
        await appgrant.receipt()
        services.settled(tokenId)
        waits.push(performance.now() - begun)
      }
    }
    let isOver = false
    const disturb = async () => {
      await until('each service accepts tokens', isEachBusy)
      while (!isOver) {
        await pause(1000 * random())
        if (!isOver) await services.disturb(Math.floor(random() * 5), random, pause)
      }
    }
    const disturbing = disturb()
    await Promise.all(Array.from({ length: APPS }, () => live(ROUNDS / APPS)))
    isOver = true
    await disturbing
    await pause(1000)

    waits.sort((a, b) => a - b)
    const [shortest, median, longest] = [0, 0.5, 1].map((q) =>
      Math.round(waits[Math.floor(q * (waits.length - 1))] ?? 0),
    )
    console.info(
      `receipts: seed ${seed}: ${waits.length} after ${shortest}–${longest} ms, median ${median} ms; services: ${JSON.stringify(services.counts)}`,
    )
    expect(services.violations, `seed ${seed}`).toEqual([])
    expect(waits).toHaveLength(ROUNDS)
    // Services that had refused everything at once would show nothing.
    for (const at of [0, 1, 2, 4])
      expect(services.counts[at]?.acceptedAfterRevocation, `service ${at}`).toBeGreaterThan(0)
    expect(longest).toBeLessThan(1000 * 1.01 * (SILENT_SECONDS.at(-1) ?? 0) + 5000)
  }, 240_000)
})
