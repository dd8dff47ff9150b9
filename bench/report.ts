import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { median, type Round } from './measure.ts'

/** One line of a result: two figures of the same rounds, and what was hoped for. */
export interface Row {
  readonly measure: string
  readonly ours: number
  readonly reference: number
  /** What the reference is. */
  readonly against: string
  readonly unit: string
  readonly ratio: number
  /** `none` where nothing is promised. */
  readonly goal: string
  readonly met: boolean
}

/** What a benchmark is told, and where it puts its rows. */
export interface Bench {
  readonly quick: boolean
  row(of: Omit<Row, 'ratio' | 'met'>): void
  /** Throughput of ours against a reference, with a row for the CPU time beside it. */
  compare(of: {
    readonly measure: string
    readonly goal: string
    readonly ours: readonly Round[]
    readonly reference: readonly Round[]
    readonly against: string
  }): void
}

/** A group of benchmarks. */
export type Group = (bench: Bench) => Promise<void>

export async function runGroup(name: string, group: Group, quick: boolean): Promise<void> {
  const rows: Row[] = []
  const loadBefore = loadavg().map(round)
  const bench: Bench = {
    quick,
    row(of) {
      const ratio = round(of.ours / of.reference)
      rows.push({ ...of, ours: round(of.ours), reference: round(of.reference), ratio, met: meets(ratio, of) })
    },
    compare({ measure, goal, ours, reference, against }) {
      // The ratio is that of each round, so that a slow moment of the machine counts for both.
      const ratio = median(ours.map((one, at) => one.opsPerSecond / (reference[at]?.opsPerSecond ?? 1)))
      const figure = (rounds: readonly Round[], of: keyof Round) => median(rounds.map((one) => one[of]))
      const speed = { ours: figure(ours, 'opsPerSecond'), reference: figure(reference, 'opsPerSecond') }
      const spread = (rounds: readonly Round[]) =>
        `${round(Math.min(...rounds.map((one) => one.opsPerSecond)))}–${round(Math.max(...rounds.map((one) => one.opsPerSecond)))}`
      rows.push({
        measure: `${measure} (${spread(ours)} against ${spread(reference)})`,
        ours: round(speed.ours),
        reference: round(speed.reference),
        against,
        unit: 'ops/s',
        ratio: round(ratio),
        goal,
        met: meets(round(ratio), { goal }),
      })
      bench.row({
        measure: `${measure}: CPU`,
        ours: figure(ours, 'cpuMicros'),
        reference: figure(reference, 'cpuMicros'),
        against,
        unit: 'µs/op',
        goal: 'none',
      })
    },
  }
  await group(bench)
  const [cpu] = cpus()
  const machine = `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB${quick ? ', quick' : ''}`
  const result = { name, date: new Date().toISOString(), machine, node: process.version, loadBefore, rows }
  mkdirSync('bench/results', { recursive: true })
  writeFileSync(`bench/results/${name}.json`, `${JSON.stringify(result, null, 2)}\n`)
  process.stdout.write(`\n${name} on ${machine}, Node ${process.version}, load ${loadBefore.join(' ')}\n`)
  console.table(
    rows.map(({ measure, ours, reference, against, unit, ratio, goal, met }) => ({
      measure,
      ours,
      reference,
      against,
      unit,
      ratio,
      goal,
      met,
    })),
  )
}

function meets(ratio: number, { goal, ours }: { readonly goal: string; readonly ours?: number }): boolean {
  const [, sign, bound, ofOurs] = /^(>=|<=) ([\d.]+)( ours)?$/.exec(goal) ?? []
  if (!sign) return true
  const figure = ofOurs ? (ours ?? Number.NaN) : ratio
  return sign === '>=' ? figure >= Number(bound) : figure <= Number(bound)
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
