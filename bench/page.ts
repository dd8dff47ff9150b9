import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { PEERS } from './peers.ts'
import { RESULTS, type Result, type Row } from './report.ts'

const PAGE = 'docs/performance.md'
const [START, END] = ['<!-- written by npm run bench -->', '<!-- end of what npm run bench wrote -->']

/** Writes the results of the groups, as they are kept, between the two marks of the page. */
export function writePage(groups: readonly string[]): void {
  const text = readFileSync(PAGE, 'utf8')
  const [start, end] = [text.indexOf(START), text.indexOf(END)]
  if (start < 0 || end < start) throw new Error(`bench: ${PAGE} has not the two marks ${START} and ${END}`)
  const kept = groups.map((name) => `${RESULTS}/${name}.json`).filter((file) => existsSync(file))
  const results = kept.map((file): Result => JSON.parse(readFileSync(file, 'utf8')))
  const parts = [goals(results), peers(), ...results.map(section)]
  writeFileSync(PAGE, `${text.slice(0, start)}${START}\n\n${parts.join('\n\n')}\n\n${text.slice(end)}`)
}

function goals(results: readonly Result[]): string {
  const promised = results.flatMap(({ name, rows }) =>
    rows.filter(({ goal }) => goal !== 'none').map((row) => ({ name, row })),
  )
  const met = promised.filter(({ row }) => row.met).length
  const lines = promised.map(({ name, row }) => [name, row.measure, row.against, row.ratio, row.goal, yes(row.met)])
  const head = ['group', 'measure', 'against', 'ratio', 'goal', 'met']
  return `### Goals: ${met} of ${promised.length} met\n\n${table(head, lines)}`
}

function peers(): string {
  const versions = Object.entries(PEERS).map(([name, version]) => `${name} ${version}`)
  return `Peers: ${versions.join(', ')}.`
}

function section({ name, date, machine, node, loadBefore, rows }: Result): string {
  const lines = rows.map((row) => [
    row.measure,
    figure(row.ours, row.range),
    figure(row.reference, row.referenceRange),
    row.against,
    row.unit,
    row.ratio,
    row.goal === 'none' ? '' : `${row.goal}: ${yes(row.met)}`,
  ])
  const head = ['measure', 'ours', 'reference', 'against', 'unit', 'ratio', 'goal']
  const run = `${date.slice(0, 10)}, ${machine}, Node ${node}, load before ${loadBefore.join(' ')}`
  return `### ${name}\n\n${run}.\n\n${table(head, lines)}`
}

function figure(value: number, range: Row['range']): string {
  const text = (number: number) => number.toLocaleString('en', { maximumSignificantDigits: 4 })
  return range ? `${text(value)} (${range.map(text).join('–')})` : text(value)
}

function yes(met: boolean): string {
  return met ? 'yes' : '**no**'
}

function table(head: readonly string[], lines: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...lines.map(line)].join('\n')
}
