import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { seededRandom } from '../../../src/testing/seeded-random.ts'
import { type Asked, type Call, contradictionOf } from '../../model/app-history.ts'
import { bundled, type Script, scratchFolder, started } from '../../support/servers/script.ts'
import type { Database } from './database.ts'
import type { Begun, Seen, Told } from './reported.ts'

const PROCESSES = 4
/** Callers in each process. */
const CALLERS = 2
/** Calls of each caller in the life of one app. */
const CALLS = 15
/** As many apps at once, so that one command joins calls of several. */
const AT_ONCE = 2
/** After this many calls of one caller one of its writes is held, until the caller has revoked something again. */
const LATE_AFTER = 3
/** The operations to draw from. Those that leave little to race are rare, and `remove` comes only at the end. */
const KILLS = [
  'suspend',
  'resume',
  'distrust',
  'trust',
  'publish',
  'unpublish',
  'withdraw',
  'removeAllOfOwner',
  'removeAllOfUser',
  'regenerate',
  'revokeTokens',
] as const
const ACTS = [
  ...KILLS,
  ...often(24, 'verify'),
  ...often(10, 'grant'),
  ...often(8, 'refresh'),
  ...often(2, 'suspend'),
  ...often(4, 'resume'),
  ...often(2, 'trust'),
  ...often(3, 'publish'),
  ...often(2, 'unpublish'),
  ...often(2, 'removeToken'),
] as const

function often<const Act>(times: number, act: Act): readonly Act[] {
  return Array<Act>(times).fill(act)
}

/** Where histories are recorded. */
export interface HistoryTarget {
  /** A database that no other test uses. */
  database(): Database
  /** The Node of the clients. Default is this one. */
  readonly node?: string
  /** How many apps live. Default is 20. */
  readonly lives?: number
  /** Whether it reads the records of one `get` at one instant. Default is true. */
  readonly oneInstant?: boolean
}

/**
 * Four processes race the operations of S31 on a few apps, some of their writes arriving late (S3A). Some order of the calls
 * must explain what each call saw, at its times.
 */
export function testHistories({
  database,
  node = process.execPath,
  lives = 20,
  oneInstant = true,
}: HistoryTarget): void {
  const scratch = scratchFolder()
  let clients: readonly Client[] = []
  beforeAll(async () => {
    const program = await bundled('suites/histories/client.ts', { ...scratch, packages: ['ioredis', 'mongodb', 'pg'] })
    const args = ['--no-warnings', program, JSON.stringify(database())]
    clients = await Promise.all(Array.from({ length: PROCESSES }, () => startClient(started(node, args))))
  })
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end()))
    scratch.remove()
  })

  it('histories of four processes racing operations on one app are linearizable (S31, S3A, REV-3, REV-4)', async () => {
    const seed = randomInt(2 ** 31)
    const random = seededRandom(seed)
    const outcomes = new Map<string, number>()
    let calls = 0
    let overlaps = 0
    const live = async () => {
      const { beginning, history } = await createLife(clients, random)
      const contradiction = contradictionOf(beginning, history, { oneInstant })
      expect(contradiction, `seed ${seed}`).toBeUndefined()
      calls += history.length
      overlaps += history.filter((call, at) => history.some((other, next) => next > at && overlap(call, other))).length
      for (const { asked, answered } of history) {
        const name = `${asked.act} ${answered.outcome}`
        outcomes.set(name, (outcomes.get(name) ?? 0) + 1)
      }
    }
    for (let lived = 0; lived < lives; lived += AT_ONCE) await Promise.all(Array.from({ length: AT_ONCE }, live))
    console.info(`histories: seed ${seed}: ${calls} calls of ${PROCESSES} processes, ${overlaps} raced by another's`)
    // A history without races, or in which nothing was ever revoked, shows nothing.
    expect(overlaps).toBeGreaterThan(calls / 4)
    for (const outcome of ['ok', 'revoked', 'app_suspended', 'app_removed'])
      expect(outcomes.get(`verify ${outcome}`), outcome).toBeGreaterThan(0)
    for (const outcome of ['ok', 'app_suspended', 'app_authentication_failed', 'invalid_refresh_token'])
      expect(outcomes.get(`refresh ${outcome}`), outcome).toBeGreaterThan(0)
    expect([...outcomes].some(([name]) => name.endsWith(' outcome_unknown'))).toBe(true)
  })
}

/** The calls of one app's life, from its registration until after its removal. */
async function createLife(
  clients: readonly Client[],
  random: () => number,
): Promise<{ readonly beginning: Begun; readonly history: readonly Call[] }> {
  const clientOf = (caller: number) => clients[caller % clients.length] as Client
  const beginning = (await clientOf(0).ask({ begin: true })) as Begun
  const { key } = beginning
  const history: Call[] = []
  const texts = new Map([[beginning.token, beginning.text]])
  const secrets = [beginning.secret]
  const refreshes = [beginning.refresh]

  const oneOf = <Item>(list: readonly Item[]) => list[Math.floor(random() * list.length)] as Item
  /** The newest most often. */
  const recent = (list: readonly string[]) => list[list.length - 1 - Math.floor(random() ** 3 * list.length)] as string
  const drawn = (): Asked => {
    const act = oneOf(ACTS)
    if (act === 'verify' || act === 'removeToken') return { act, token: recent([...texts.keys()]) }
    if (act === 'grant') return { act, secret: recent(secrets) }
    if (act === 'refresh') return { act, secret: recent(secrets), refresh: recent(refreshes) }
    return { act }
  }
  const call = async (caller: number, asked: Asked, late: { readonly isLate?: boolean } = {}) => {
    const text = asked.act === 'verify' ? texts.get(asked.token) : undefined
    const told = { key, asked, ...late, ...(text !== undefined && { text }) }
    const { answered, text: made, from, to } = (await clientOf(caller).ask(told)) as Seen
    history.push({ by: `caller ${caller}`, asked, answered, from: sinceStart(from), to: sinceStart(to) })
    if (answered.secret !== undefined) secrets.push(answered.secret)
    if (answered.token !== undefined && made !== undefined) texts.set(answered.token, made)
    if (answered.refresh !== undefined && !refreshes.includes(answered.refresh)) refreshes.push(answered.refresh)
  }
  const run = async (caller: number) => {
    for (let done = 0; done < CALLS; done++) {
      if (caller === 1 && done === LATE_AFTER) {
        await call(caller, { act: oneOf(KILLS) }, { isLate: true })
        await call(caller, { act: oneOf(KILLS) })
        await clientOf(caller).ask({ release: key })
      }
      // The life ends while the other calls continue, and is ended twice.
      await call(caller, caller === 0 && done >= CALLS - 2 ? { act: 'remove' } : drawn())
    }
  }
  await Promise.all(Array.from({ length: PROCESSES * CALLERS }, (_, caller) => run(caller)))
  await Promise.all([...texts.keys()].map((token, at) => call(at, { act: 'verify', token })))
  return { beginning, history }
}

const START = process.hrtime.bigint()
/** In ns. All processes of a machine share its monotonic clock. */
const sinceStart = (time: string) => Number(BigInt(time) - START)

const overlap = (one: Call, other: Call) => one.by !== other.by && one.from < other.to && other.from < one.to

/** A process that does what it is told, several calls at once. */
interface Client {
  ask(told: Told): Promise<object>
  end(): Promise<void>
}

async function startClient(script: Script): Promise<Client> {
  if ((await script.next()) !== 'ready') throw new Error('a client did not start')
  const waiting = new Map<number, (answer: object) => void>()
  let calls = 0
  const listen = async () => {
    for (let line = await script.next(); line !== undefined; line = await script.next()) {
      const { call, ...answer } = JSON.parse(line)
      waiting.get(call)?.(answer)
      waiting.delete(call)
    }
  }
  const ended = listen()
  return {
    ask(told) {
      const call = calls++
      script.tell(JSON.stringify({ call, ...told }))
      return Promise.race([
        new Promise<object>((resolve) => void waiting.set(call, resolve)),
        ended.then((): never => {
          throw new Error('a client ended before it answered')
        }),
      ])
    },
    async end() {
      script.child.stdin?.end()
      await ended
    },
  }
}
