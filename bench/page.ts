import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { PEERS } from './peers.ts'
import { RESULTS, type Result, type Row } from './report.ts'

const PAGE = 'docs/performance.md'
const [START, END] = ['<!-- written by npm run bench -->', '<!-- end of what npm run bench wrote -->']

/** What a reader wants to know first: a group, a measure of it that also has a row for the CPU time, and words for it. */
const EXPECTED: readonly (readonly [group: string, measure: string, words: string])[] = [
  ['redis', 'strict verify, 64 in flight', 'Redis: verify a token of an app'],
  ['verify', "strict verify of a user's token, 64 in flight", "Redis: verify a user's token"],
  ['redis', 'issue, 64 in flight', 'Redis: issue a token'],
  ['mongodb', 'replica set: strict verify, 64 in flight', 'MongoDB, replica set: verify'],
  ['mongodb', 'replica set: issue, 64 in flight', 'MongoDB, replica set: issue'],
  ['postgres', 'strict verify, 64 in flight', 'PostgreSQL: verify'],
  ['postgres', 'issue, 64 in flight', 'PostgreSQL: issue'],
  ['sqlite', 'strict verify, 64 in flight', 'SQLite: verify'],
  ['sqlite', 'issue, 64 in flight', 'SQLite: issue'],
  ['process', 'warm verify, 64 in flight', 'any store: verify from the cache'],
  ['http', 'POST /token', 'HTTP on Redis: `POST /token`'],
  ['http', 'introspection', 'HTTP on Redis: `POST /introspect`'],
  ['http', 'strict bearer check', 'HTTP on Redis: a resource behind `protectNode`'],
]

/** Writes the results of the groups, as they are kept, between the two marks of the page. */
export function writePage(groups: readonly string[]): void {
  const text = readFileSync(PAGE, 'utf8')
  const [start, end] = [text.indexOf(START), text.indexOf(END)]
  if (start < 0 || end < start) throw new Error(`bench: ${PAGE} has not the two marks ${START} and ${END}`)
  const kept = groups.map((name) => `${RESULTS}/${name}.json`).filter((file) => existsSync(file))
  const results = kept.map((file): Result => JSON.parse(readFileSync(file, 'utf8')))
  const parts = [machine(results), expected(results), growth(results), goals(results)].filter((part) => part !== '')
  writeFileSync(PAGE, `${text.slice(0, start)}${START}\n\n${parts.join('\n\n')}\n\n${text.slice(end)}`)
}

function machine(results: readonly Result[]): string {
  const runs = new Set(results.map(({ date, machine, node }) => `${date.slice(0, 10)}, ${machine}, Node ${node}`))
  // better-auth is named once, not with each of its parts.
  const named = Object.entries(PEERS).filter(([name]) => !name.startsWith('@better-auth/'))
  const peers = named.map(([name, version]) => `${name} ${version}`)
  return `Measured: ${[...runs].join('; ')}.\nPeers: ${peers.join(', ')}.`
}

function expected(results: readonly Result[]): string {
  const rowsOf = (group: string) => results.find(({ name }) => name === group)?.rows ?? []
  const lines = EXPECTED.flatMap(([group, measure, words]) => {
    const [speed, cpu] = [measure, `${measure}: CPU`].map((title) => rowsOf(group).find((row) => row.measure === title))
    return speed && cpu ? [[words, figure(speed.ours), figure(cpu.ours)]] : []
  })
  return `## What to expect\n\n${table(['one process, 64 in flight', 'a second', 'CPU, µs each'], lines)}`
}

/** A row for each thing that grows, with the throughput of both operations beside what it was before. */
function growth(results: readonly Result[]): string {
  const rows = results.filter(({ name }) => name === 'scale').flatMap((result) => result.rows)
  if (rows.length === 0) return ''
  const titles = new Set(rows.map(({ measure }) => measure.split(': ')[0] ?? ''))
  const lines = [...titles].map((title) => {
    const ratioOf = (what: string) => rows.find(({ measure }) => measure === `${title}: ${what}`)?.ratio ?? ''
    return [
      `${title}, beside ${rows.find(({ measure }) => measure.startsWith(title))?.against}`,
      ratioOf('verify'),
      ratioOf('issue'),
    ]
  })
  return table(['how throughput changes', 'verify', 'issue'], lines)
}

function goals(results: readonly Result[]): string {
  const promised = results.flatMap(({ name, rows }) =>
    rows.filter(({ goal }) => goal !== 'none').map((row) => ({ name, row })),
  )
  const lines = promised.map(({ name, row }) => [
    `${name}: ${row.measure}`,
    `${figure(row.ours)} ${row.unit}`,
    row.against,
    row.ratio,
    `${row.goal}: ${row.met ? 'yes' : '**no**'}`,
  ])
  const met = promised.filter(({ row }) => row.met).length
  return `## Goals: ${met} of ${promised.length} met\n\n${table(['measure', 'here', 'beside', 'ratio', 'goal'], lines)}`
}

function figure(value: Row['ours']): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 })
}

function table(head: readonly string[], lines: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...lines.map(line)].join('\n')
}
