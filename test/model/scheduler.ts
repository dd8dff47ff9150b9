import { type ErrorCode, isAppGrantError, type Store } from '../../src/index.ts'
import { notApplied } from '../../src/store.ts'
import { seededRandom } from '../../src/testing/seeded-random.ts'

/**
 * Explores how concurrent calls can interleave at the store: every call to the store waits until the schedule lets it
 * continue, and each write may also be lost, lose its reply, come late or come twice. What is seen afterwards must be what some
 * order of the same calls, one after the other and without a fault, gives too.
 */

/** One of the concurrent calls. Node is what it runs on, usually an AppGrant. */
export interface Act<State, Node> {
  /** Its result as text. The code of a refusal is a result. */
  run(state: State, node: Node): Promise<string>
  /** What its caller does after `outcome_unknown`, until the outcome is known. Default is the same call again. */
  settle?(state: State, node: Node): Promise<string>
  /** Removes from the state what a result left there that its caller never got. */
  unanswered?(state: State): void
}

/** What is explored. */
export interface Scenario<State, Node> {
  readonly name: string
  /** A node over a store; every operation gets its own, one for all schedules. */
  connect(store: Store): Node
  /** A new database with its records before the operations begin. */
  setUp(): Promise<{ readonly database: Store; readonly state: State; readonly earlier?: Store }>
  /**
   * Lets the node of an operation read from `earlier`, the database as it was before, what it remembers when the operations begin.
   * Without it no node relies on its memory, because its store offers no conditional inserts.
   */
  remember?(state: State, node: Node): Promise<unknown>
  readonly acts: Readonly<Record<string, Act<State, Node>>>
  /** Everything visible afterwards, as plain data without random parts. */
  observe(state: State, node: Node): Promise<unknown>
  /** What must hold after every step, given the operations acknowledged so far. Throws if it does not. */
  always?(state: State, node: Node, acknowledged: ReadonlySet<string>): Promise<void>
}

/** What may happen to a write, apart from being done and confirmed. */
const FAULTS = {
  /** It is refused, and the store knows that it did nothing. */
  refused: { isUnknown: false },
  /** It never arrives, and its outcome is unknown. */
  lost: { isUnknown: true },
  /** It is done, and its outcome is unknown. */
  unanswered: { isUnknown: true },
  /** It is done at some later moment, after its caller got an unknown outcome. */
  late: { isUnknown: true },
  /** It is done twice; the second reply arrives. */
  twice: { isUnknown: false },
  /** It is done, and once more at some later moment. */
  echoed: { isUnknown: false },
} as const
type Fault = keyof typeof FAULTS
const FAULT_NAMES = Object.keys(FAULTS) as Fault[]

interface Waiting {
  readonly label: string
  readonly isWrite: boolean
  execute(): Promise<unknown>
  resolve(answer: unknown): void
  reject(error: unknown): void
}

/** Chooses which of several possibilities is next. */
type Choose = (possibilities: number) => number

/** How an operation ended, after how many attempts of unknown outcome. */
interface Ending {
  readonly unknown: number
  readonly answer: string
  readonly isRefusal?: boolean
}

const REFUSED: ErrorCode = 'store_unavailable'
/** The name of the node that nothing is scheduled on. */
const OBSERVER = ''
const MAX_ATTEMPTS = 6
const MAX_IDLE_TURNS = 20

/** A violation, with the schedule that shows it. */
export class ScheduleViolation extends Error {}

/**
 * Runs a scenario under many schedules: all of them with at most `faults` faults if there are no more than `most`, else the
 * first of them; then `random` more with up to three faults, or with none if `faults` is 0.
 *
 * @returns how many schedules ran, and whether all were.
 * @throws ScheduleViolation naming the steps of the first schedule that no order of calls explains.
 */
export async function explore<State, Node>(
  scenario: Scenario<State, Node>,
  {
    faults = 1,
    most = 3000,
    random = 0,
    seed = 1,
  }: { faults?: number; most?: number; random?: number; seed?: number } = {},
): Promise<{ readonly schedules: number; readonly isComplete: boolean }> {
  const explanations: Explanations = new Map()
  const nodes = createNodes(scenario)
  let schedules = 0
  let prefix: readonly number[] | undefined = []
  while (prefix && schedules < most) {
    const taken: { picked: number; of: number }[] = []
    const planned: readonly number[] = prefix
    const choose = (of: number) => {
      const picked = planned[taken.length] ?? 0
      taken.push({ picked, of })
      return picked
    }
    await runSchedule(scenario, nodes, { choose, faults, explanations })
    schedules++
    prefix = nextPrefix(taken)
  }
  const next = seededRandom(seed)
  const choose = (of: number) => Math.floor(next() * of)
  for (let n = 0; n < random; n++) {
    await runSchedule(scenario, nodes, { choose, faults: faults === 0 ? 0 : 3, explanations })
    schedules++
  }
  return { schedules, isComplete: prefix === undefined }
}

/** The next branch of the tree of choices, depth first. */
function nextPrefix(taken: readonly { readonly picked: number; readonly of: number }[]): readonly number[] | undefined {
  const last = taken.findLastIndex(({ picked, of }) => picked + 1 < of)
  if (last < 0) return undefined
  return taken.slice(0, last + 1).map(({ picked }, at) => (at === last ? picked + 1 : picked))
}

async function runSchedule<State, Node>(
  scenario: Scenario<State, Node>,
  nodes: Nodes<Node>,
  { choose, faults, explanations }: { choose: Choose; faults: number; explanations: Explanations },
): Promise<void> {
  const { database, state, earlier = database } = await scenario.setUp()
  const observer = nodes.on(OBSERVER, database)
  const waiting: Waiting[] = []
  const later: { label: string; execute: () => Promise<unknown> }[] = []
  const steps: string[] = []
  const acknowledged = new Set<string>()
  const endings: Record<string, Ending> = {}
  const names = Object.keys(scenario.acts)
  const violation = (text: string, cause?: unknown) =>
    new ScheduleViolation(`${scenario.name}: ${text}\n  after: ${steps.join(', ')}`, { cause })

  let writes = 0
  let checked = ''
  let running = names.length
  let crash: unknown
  // A node was used for the schedules before this one: so that all begin alike, it reads again what it is to remember.
  for (const name of names) await scenario.remember?.(state, nodes.on(name, earlier))
  for (const name of names) {
    const node = nodes.on(name, scheduledStore(database, name, waiting))
    const act = scenario.acts[name] as Act<State, Node>
    attempt(act, state, node)
      .then((ending) => {
        endings[name] = ending
        if (!ending.isRefusal) acknowledged.add(name)
        steps.push(`${name} answers ${ending.answer}`)
      })
      .catch((error) => {
        crash ??= error
      })
      .finally(() => running--)
  }

  let faultsLeft = faults
  for (let idle = 0; running > 0 && crash === undefined; ) {
    await turn()
    await checkAlways()
    if (waiting.length === 0) {
      if (running > 0 && ++idle > MAX_IDLE_TURNS) throw violation('an act waits for something that never comes')
      continue
    }
    idle = 0
    // Ordinary choices come first, so that a search that is cut short has seen all orders with few faults.
    const options: (() => Promise<void>)[] = waiting.map((one) => () => pass(one))
    for (const one of later) options.push(() => deliver(one))
    if (faultsLeft > 0)
      for (const one of waiting)
        if (one.isWrite) for (const fault of FAULT_NAMES) options.push(() => breakWrite(one, fault))
    await options[choose(options.length)]?.()
  }
  if (crash !== undefined) throw violation(`an act ended with an error that has no code: ${crash}`, crash)
  for (const one of [...later]) {
    await deliver(one)
    await checkAlways()
  }

  const seen = describe(names, endings, await scenario.observe(state, observer))
  const signature = names.map((name) => `${endings[name]?.unknown} ${endings[name]?.answer === REFUSED}`).join()
  const explanation = explanations.get(signature) ?? { given: new Set(), more: explain(scenario, nodes, endings) }
  explanations.set(signature, explanation)
  if (!(await isExplained(seen, explanation)))
    throw violation(
      `no order of the calls explains ${seen}\n  orders give: ${[...explanation.given].join('\n               ')}`,
    )

  async function checkAlways() {
    const now = `${writes} ${acknowledged.size}`
    if (now === checked) return
    checked = now
    try {
      await scenario.always?.(state, observer, acknowledged)
    } catch (error) {
      throw violation(`${error instanceof Error ? error.message : error}`, error)
    }
  }
  async function pass(one: Waiting) {
    steps.push(one.label)
    waiting.splice(waiting.indexOf(one), 1)
    if (one.isWrite) writes++
    await one.execute().then(one.resolve, one.reject)
  }
  async function deliver(one: (typeof later)[number]) {
    steps.push(`${one.label} arrives`)
    later.splice(later.indexOf(one), 1)
    writes++
    await one.execute()
  }
  async function breakWrite(one: Waiting, fault: Fault) {
    steps.push(`${one.label} ${fault}`)
    waiting.splice(waiting.indexOf(one), 1)
    faultsLeft--
    writes++
    const { label, execute } = one
    if (fault === 'unanswered' || fault === 'twice') await execute()
    if (fault === 'late') later.push({ label, execute })
    if (fault === 'refused') return one.reject(notApplied(new Error('refused')))
    if (FAULTS[fault].isUnknown) return one.reject(new Error('no answer'))
    const answer = await execute()
    one.resolve(answer)
    // Only a write that was done comes again; one that did nothing and is done later is a late write.
    if (fault === 'echoed' && (answer === true || answer === 'inserted')) later.push({ label, execute })
  }
}

/** The nodes of a scenario. Making one is slow, so each is made once and then put on one store after the other. */
export interface Nodes<Node> {
  on(name: string, store: Store): Node
}

/** @param scenario - `remember`: whether a node may rely on what it has read before. */
export function createNodes<Node>({
  connect,
  remember,
}: {
  connect(store: Store): Node
  readonly remember?: unknown
}): Nodes<Node> {
  const made = new Map<string, { readonly node: Node; use(store: Store): void }>()
  const make = (first: Store) => {
    let current = first
    const store: Store = {
      conditionalInserts: remember !== undefined,
      get: (refs) => current.get(refs),
      insert: (record, options) => current.insert(record, options),
      replace: (from, to) => current.replace(from, to),
      list: (group, page) => current.list(group, page),
      count: (group, after) => current.count(group, after),
      close: () => current.close(),
    }
    const use = (next: Store) => {
      current = next
    }
    return { node: connect(store), use }
  }
  return {
    on(name, store) {
      const one = made.get(name) ?? make(store)
      made.set(name, one)
      one.use(store)
      return one.node
    },
  }
}

/** Runs an operation as its caller would: until its outcome is known. */
async function attempt<State, Node>(act: Act<State, Node>, state: State, node: Node): Promise<Ending> {
  for (let unknown = 0; unknown < MAX_ATTEMPTS; unknown++) {
    const run = unknown === 0 ? act.run : (act.settle ?? act.run)
    const { answer, isRefusal } = await answerOf(run.call(act, state, node))
    // A refusal does not say whether an earlier attempt was done, so the caller continues.
    const isOpen = answer === 'outcome_unknown' || (unknown > 0 && answer === REFUSED)
    if (!isOpen) return { unknown, answer, isRefusal }
  }
  throw new Error('the outcome stays unknown')
}

async function answerOf(call: Promise<string>): Promise<{ readonly answer: string; readonly isRefusal: boolean }> {
  try {
    return { answer: await call, isRefusal: false }
  } catch (error) {
    if (isAppGrantError(error)) return { answer: error.code, isRefusal: true }
    throw error
  }
}

/** What orders of the same attempts give. Most of what is seen is given by one of the first, so the others are not tried. */
interface Explanation {
  readonly given: Set<string>
  readonly more: AsyncGenerator<string, void>
}

/** By the endings. */
type Explanations = Map<string, Explanation>

async function isExplained(seen: string, { given, more }: Explanation): Promise<boolean> {
  while (!given.has(seen)) {
    const next = await more.next()
    if (next.done) return false
    given.add(next.value)
  }
  return true
}

/** What every order of the same attempts gives; one of unknown outcome may or may not have been done. */
async function* explain<State, Node>(
  scenario: Scenario<State, Node>,
  nodes: Nodes<Node>,
  endings: Readonly<Record<string, Ending>>,
): AsyncGenerator<string, void> {
  const names = Object.keys(scenario.acts)
  const lists = names.map((name) => attemptsOf(name, endings[name] as Ending))
  for (const chosen of product(lists)) {
    for (const order of interleavings(chosen)) {
      const { database, state } = await scenario.setUp()
      const node = nodes.on(OBSERVER, database)
      const answers: Record<string, Ending> = {}
      for (const { name, at, isLast } of order) {
        const act = scenario.acts[name] as Act<State, Node>
        const run = at === 0 ? act.run : (act.settle ?? act.run)
        const { answer } = await answerOf(run.call(act, state, node))
        if (isLast) answers[name] = { unknown: at, answer }
        else act.unanswered?.(state)
      }
      yield describe(names, answers, await scenario.observe(state, node))
    }
  }
}

interface Attempt {
  readonly name: string
  readonly at: number
  readonly isLast: boolean
}

/** The attempts of an operation that may have been done: any of the unknown ones, and the last, which was. */
function attemptsOf(name: string, { unknown, answer }: Ending): readonly (readonly Attempt[])[] {
  // A write that the store refused has done nothing.
  const lasts: Attempt[] = answer === REFUSED ? [] : [{ name, at: unknown, isLast: true }]
  let lists: Attempt[][] = [lasts]
  for (let at = unknown - 1; at >= 0; at--)
    lists = lists.flatMap((list) => [list, [{ name, at, isLast: false }, ...list]])
  return lists
}

function* product<T>(lists: readonly (readonly T[])[]): Generator<readonly T[]> {
  const [first, ...rest] = lists
  if (!first) return yield []
  for (const one of first) for (const others of product(rest)) yield [one, ...others]
}

function* interleavings<T>(lists: readonly (readonly T[])[]): Generator<readonly T[]> {
  if (lists.every((list) => list.length === 0)) return yield []
  for (const [at, list] of lists.entries()) {
    const [first, ...rest] = list
    if (first === undefined) continue
    for (const others of interleavings(lists.with(at, rest))) yield [first, ...others]
  }
}

function describe(names: readonly string[], endings: Readonly<Record<string, Ending>>, observation: unknown): string {
  const answers = names.map((name) => `${name}: ${endings[name]?.answer ?? REFUSED}`).join(', ')
  return `${answers} | ${JSON.stringify(observation)}`
}

/** Every call waits until the schedule takes it from `waiting`. */
function scheduledStore(inner: Store, name: string, waiting: Waiting[]): Store {
  const wait = <Result>(method: string, isWrite: boolean, execute: () => Promise<Result>): Promise<Result> =>
    new Promise((resolve, reject) => {
      const label = `${name}.${method}`
      waiting.push({ label, isWrite, execute, resolve: (answer) => resolve(answer as Result), reject })
    })
  return {
    get: (refs) => wait('get', false, () => inner.get(refs)),
    insert: (record, options) => wait('insert', true, () => inner.insert(record, options)),
    replace: (from, to) => wait('replace', true, () => inner.replace(from, to)),
    list: (group, page) => wait('list', false, () => inner.list(group, page)),
    count: (group, after) => wait('count', false, () => inner.count(group, after)),
    close: () => inner.close(),
  }
}

/** Long enough for everything that does not wait for the schedule. */
function turn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}
