import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { median, type Round } from './measure.ts'

export const RESULTS = 'bench/results'

/** One line of a result: two figures of the same rounds, and what was hoped for. */
export interface Row {
  readonly measure: string
  readonly ours: number
  readonly reference: number
  /** What the reference is. */
  readonly against: string
  readonly unit: string
  /** The median of the rounds' own ratios, so that a slow moment of the machine counts for both. */
  readonly ratio: number
  /** `none` where nothing is promised. */
  readonly goal: string
  readonly met: boolean
  /** The least and the most of the rounds, where there were several. */
  readonly range?: readonly [number, number]
  readonly referenceRange?: readonly [number, number]
}

/** What a run of a group found. */
export interface Result {
  readonly name: string
  readonly date: string
  readonly machine: string
  readonly node: string
  /** Load averages of 1, 5 and 15 minutes before the run. */
  readonly loadBefore: readonly number[]
  readonly rows: readonly Row[]
}

/** One figure, or that of every round. */
type Figures = number | readonly number[]

/** What a benchmark is told, and where it puts its rows. */
export interface Bench {
  readonly quick: boolean
  row(
    of: Pick<Row, 'measure' | 'against' | 'unit' | 'goal'> & { readonly ours: Figures; readonly reference: Figures },
  ): void
  /** A row for the throughput and one for the CPU time beside it. */
  compare<R extends Round>(of: {
    readonly measure: string
    readonly ours: readonly R[]
    readonly reference: readonly R[]
    readonly against: string
    /** Of the throughput. Default is `none`. */
    readonly goal?: string
    /** Of the CPU time. Default is `none`. */
    readonly cpuGoal?: string
  }): void
}

/** A group of benchmarks. */
export type Group = (bench: Bench) => Promise<void>

export async function runGroup(name: string, group: Group, quick: boolean): Promise<void> {
  const rows: Row[] = []
  const loadBefore = loadavg().map(round)
  const row: Bench['row'] = ({ measure, against, unit, goal, ...of }) => {
    const [ours, reference] = [[of.ours].flat(), [of.reference].flat()]
    const ratio = round(
      ours.length === reference.length
        ? median(ours.map((one, at) => one / (reference[at] as number)))
        : median(ours) / median(reference),
    )
    rows.push({
      measure,
      ours: round(median(ours)),
      reference: round(median(reference)),
      against,
      unit,
      ratio,
      goal,
      met: meets(ratio, goal),
      ...(ours.length > 1 && { range: rangeOf(ours) }),
      ...(reference.length > 1 && { referenceRange: rangeOf(reference) }),
    })
  }
  const bench: Bench = {
    quick,
    row,
    compare({ measure, ours, reference, against, goal = 'none', cpuGoal = 'none' }) {
      const figures = (of: keyof Round) => ({
        ours: ours.map((one) => one[of]),
        reference: reference.map((one) => one[of]),
      })
      row({ measure, ...figures('opsPerSecond'), against, unit: 'ops/s', goal })
      row({ measure: `${measure}: CPU`, ...figures('cpuMicros'), against, unit: 'µs/op', goal: cpuGoal })
    },
  }
  await group(bench)
  const [cpu] = cpus()
  const machine = `${cpus().length} × ${cpu?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB${quick ? ', quick' : ''}`
  const result: Result = { name, date: new Date().toISOString(), machine, node: process.version, loadBefore, rows }
  mkdirSync(RESULTS, { recursive: true })
  writeFileSync(`${RESULTS}/${name}.json`, `${JSON.stringify(result, null, 2)}\n`)
  process.stdout.write(`\n${name} on ${machine}, Node ${process.version}, load ${loadBefore.join(' ')}\n`)
  console.table(rows.map(({ range, referenceRange, ...row }) => row))
}

function meets(ratio: number, goal: string): boolean {
  const [, sign, bound] = /^(>=|<=) ([\d.]+)$/.exec(goal) ?? []
  if (!sign) return true
  return sign === '>=' ? ratio >= Number(bound) : ratio <= Number(bound)
}

function rangeOf(values: readonly number[]): [number, number] {
  return [round(Math.min(...values)), round(Math.max(...values))]
}

function round(value: number): number {
  return Number(value.toPrecision(4))
}
