import { startRedis } from '../../test/support/servers/redis.ts'
import { type HttpRound, type Load, load } from '../load.ts'
import { type Contender, interleaved, median } from '../measure.ts'
import { installPeers } from '../peers.ts'
import type { Bench, Group } from '../report.ts'
import { type BenchServer, startServer } from '../servers/start-server.ts'

const CONNECTIONS = 64
const TOKENS = 20
const OURS = 'appgrant'
const FLOOR = 'bare node:http'
const NODE_OAUTH = '@node-oauth/oauth2-server'
const JMONDI = '@jmondi/oauth2-server'
const OIDC = 'oidc-provider'
const BETTER_AUTH = 'better-auth'
const TUNED = 'tuned'

/** Each contender, its program in bench/servers, and its settings. */
type Programs = Readonly<Record<string, readonly [program: string, ...settings: string[]]>>

const PROGRAMS: Programs = {
  [OURS]: ['appgrant'],
  [FLOOR]: ['floor'],
  [OIDC]: ['oidc-provider'],
  [NODE_OAUTH]: ['node-oauth'],
  [`${NODE_OAUTH}, ${TUNED}`]: ['node-oauth', TUNED],
  [JMONDI]: ['jmondi'],
  [`${JMONDI}, ${TUNED}`]: ['jmondi', TUNED],
}

/** Something that is asked over HTTP, and the path under which each contender answers it. */
interface Question {
  readonly measure: string
  readonly paths: Readonly<Record<string, string>>
  asked(of: { readonly basic: string; readonly tokens: readonly string[] }): Omit<Load, 'path'>
  /** What every right answer has in it. */
  readonly answered: string
  /** Of the CPU time beside that of the best peer, tuned or not. */
  readonly goal: string
}

type Found = (name: string) => readonly HttpRound[]

const bearer: Question['asked'] = ({ tokens }) => ({
  method: 'GET',
  requests: tokens.map((token) => ({ headers: { authorization: `Bearer ${token}` } })),
})

const QUESTIONS: readonly Question[] = [
  {
    measure: 'POST /token',
    paths: Object.fromEntries(Object.keys(PROGRAMS).map((name) => [name, '/token'])),
    asked: ({ basic }) => ({
      method: 'POST',
      requests: [{ headers: form(basic), body: 'grant_type=client_credentials' }],
    }),
    answered: '"access_token":"',
    goal: '<= 0.8',
  },
  {
    measure: 'introspection',
    paths: {
      [OURS]: '/introspect',
      [FLOOR]: '/introspect',
      [OIDC]: '/token/introspection',
      [JMONDI]: '/introspect',
      [`${JMONDI}, ${TUNED}`]: '/introspect',
    },
    asked: ({ basic, tokens }) => ({
      method: 'POST',
      requests: tokens.map((token) => ({ headers: form(basic), body: `token=${token}` })),
    }),
    answered: '"active":true',
    goal: '<= 0.8',
  },
  {
    measure: 'strict bearer check',
    paths: {
      [OURS]: '/bearer',
      [FLOOR]: '/bearer',
      [OIDC]: '/bearer',
      [NODE_OAUTH]: '/bearer',
      [`${NODE_OAUTH}, ${TUNED}`]: '/bearer',
      [JMONDI]: '/bearer',
      [`${JMONDI}, ${TUNED}`]: '/bearer',
    },
    asked: bearer,
    answered: '"account":"',
    goal: 'none',
  },
  {
    measure: 'bearer check from the cache',
    paths: { [OURS]: '/cached', [FLOOR]: '/bearer' },
    asked: bearer,
    answered: '"account":"',
    goal: 'none',
  },
]

/** Servers over HTTP that keep state on one Redis. */
export const http: Group = async (bench) => {
  const redis = await startRedis()
  await compareServers(bench, { programs: PROGRAMS, questions: QUESTIONS, database: String(redis.port) })
  await redis.stop()
}

/** On PostgreSQL, where the peers above have no adapter. */
export async function httpOnPostgres(bench: Bench, url: string): Promise<void> {
  const programs: Programs = { [OURS]: ['appgrant'], [BETTER_AUTH]: ['better-auth'] }
  const questions = QUESTIONS.slice(0, 2).map((question) => {
    const path = question.paths[OURS] as string
    return { ...question, paths: { [OURS]: path, [BETTER_AUTH]: path }, goal: 'none' }
  })
  await compareServers(bench, { programs, questions, database: url })
}

/** Each server has a process of its own, and all have the same database. */
async function compareServers(
  bench: Bench,
  compared: { readonly programs: Programs; readonly questions: readonly Question[]; readonly database: string },
): Promise<void> {
  installPeers()
  const starting = Object.entries(compared.programs).map(async ([name, [program, ...settings]]) => {
    return [name, await startServer(program, [compared.database, ...settings])] as const
  })
  const servers = new Map(await Promise.all(starting))
  for (const question of compared.questions) await ask(bench, question, servers)
  await Promise.all([...servers.values()].map((server) => server.stop()))
}

async function ask(bench: Bench, question: Question, servers: ReadonlyMap<string, BenchServer>): Promise<void> {
  const contenders: Contender<HttpRound>[] = []
  for (const [name, path] of Object.entries(question.paths)) {
    const server = servers.get(name) as BenchServer
    const basic = `Basic ${btoa(`${server.key}:${server.secret}`)}`
    const asked = { path, ...question.asked({ basic, tokens: await newTokens(server, basic) }) }
    await checkAnswer(server, asked, question.answered)
    // So many that the compiler has got to what is hot.
    let { opsPerSecond } = await load(server, asked, { amount: 500, connections: CONNECTIONS })
    const amount = Math.min(bench.quick ? 2000 : 20_000, Math.round(opsPerSecond * 10))
    opsPerSecond = (await load(server, asked, { amount, connections: CONNECTIONS })).opsPerSecond
    contenders.push({
      name,
      // As many as fit in the time, by the round before: all are answered, so none counts that was cut off.
      async round(millis) {
        const amount = Math.max(5 * CONNECTIONS, Math.round((opsPerSecond * millis) / 1000))
        const found = await load(server, asked, { amount, connections: CONNECTIONS })
        opsPerSecond = found.opsPerSecond
        return found
      },
    })
  }
  const of = await interleaved(contenders, { rounds: bench.quick ? 3 : 9, millis: bench.quick ? 150 : 1500 })
  report(bench, question, of)
}

/** What is quick because it refuses is found out before anything is measured. */
async function checkAnswer({ port }: BenchServer, { path, method, requests }: Load, answered: string): Promise<void> {
  for (const request of requests) {
    const answer = await (await fetch(`http://127.0.0.1:${port}${path}`, { method, ...request })).text()
    if (!answer.includes(answered)) throw new Error(`${path}: expected ${answered} in the answer, received ${answer}`)
  }
}

function report(bench: Bench, question: Question, of: Found): void {
  const { measure, paths } = question
  const ours = of(OURS)
  const references = Object.keys(paths).filter((name) => name !== OURS)
  for (const against of references) {
    const reference = of(against)
    bench.compare({ measure, ours, reference, against })
    for (const [title, figure] of [
      ['p50', 'p50Millis'],
      ['p99', 'p99Millis'],
    ] as const) {
      bench.row({
        measure: `${measure}: ${title}`,
        ours: ours.map((round) => round[figure]),
        reference: reference.map((round) => round[figure]),
        against,
        unit: 'ms',
        goal: 'none',
      })
    }
  }
  if (references.length > 1) compareWithBest(bench, question, of)
}

/** Beside the peers that take the least CPU time. */
function compareWithBest(bench: Bench, { measure, paths, goal }: Question, of: Found): void {
  const peers = Object.keys(paths).filter((name) => name !== OURS && name !== FLOOR)
  const cpu = (name: string) => of(name).map((round) => round.cpuMicros)
  for (const [title, among, promised] of [
    ['the best peer as documented', peers.filter((name) => !name.endsWith(TUNED)), 'none'],
    ['the best peer, tuned or not', peers, goal],
  ] as const) {
    const best = among.toSorted((a, b) => median(cpu(a)) - median(cpu(b)))[0]
    if (best === undefined) continue
    bench.row({
      measure: `${measure}: CPU`,
      ours: cpu(OURS),
      reference: cpu(best),
      against: `${title}, ${best}`,
      unit: 'µs/op',
      goal: promised,
    })
  }
}

async function newTokens({ port }: BenchServer, basic: string): Promise<readonly string[]> {
  const one = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/token`, {
      method: 'POST',
      headers: form(basic),
      body: 'grant_type=client_credentials',
    })
    return String((await answer.json()).access_token)
  }
  return await Promise.all(Array.from({ length: TOKENS }, one))
}

function form(basic: string): Record<string, string> {
  return { authorization: basic, 'content-type': 'application/x-www-form-urlencoded' }
}
