import type { GroupRef, RecordRef, Store } from '../store/store.ts'
import { nameOf } from './expectations.ts'

const NAMED_REFS = 3

/** A store rejected a call. The message names the method and its refs; the cause is what the store rejected with. */
export class Rejection extends Error {}

/** Is told of the calls to a store. */
export interface CallLog {
  /** At each call but `close`. Its name is the method with the refs. */
  called(name: () => string): void
  closing(): void
}

/** A store whose rejections say which call it was, and whose calls are logged. */
export function withNamedCalls(store: Store, { called, closing }: CallLog): Store {
  const { watch, time } = store
  const logged = <Result>(name: () => string, call: () => Promise<Result>): Promise<Result> => {
    called(name)
    return named(name, call)
  }
  const groupName = (of: GroupRef) => nameOf({ ...of, id: of.group })
  const calls: Store = {
    get: (refs) =>
      logged(
        () => `get of ${namesOf(refs)}`,
        () => store.get(refs),
      ),
    insert: (record, options) =>
      logged(
        () => `insert of ${nameOf(record)}`,
        () => store.insert(record, options),
      ),
    replace: (from, to) =>
      logged(
        () => `replace of ${nameOf(from)}`,
        () => store.replace(from, to),
      ),
    list: (group, page) =>
      logged(
        () => `list of ${groupName(group)}`,
        () => store.list(group, page),
      ),
    count: (group, after) =>
      logged(
        () => `count of ${groupName(group)}`,
        () => store.count(group, after),
      ),
    close() {
      closing()
      return named(
        () => 'close',
        () => store.close(),
      )
    },
  }
  return {
    ...calls,
    ...(store.conditionalInserts !== undefined && { conditionalInserts: store.conditionalInserts }),
    ...(watch && {
      watch: (changed) =>
        logged(
          () => 'watch',
          () => watch.call(store, changed),
        ),
    }),
    ...(time && {
      time: () =>
        logged(
          () => 'time',
          () => time.call(store),
        ),
    }),
  }
}

/** An error with its causes, on one line. */
export function inWords(error: unknown): string {
  const causes: unknown[] = []
  for (let one = error; one !== undefined && one !== null && causes.length < 8; one = causeOf(one)) causes.push(one)
  return causes.map(String).join(', caused by ')
}

async function named<Result>(name: () => string, call: () => Promise<Result>): Promise<Result> {
  try {
    return await call()
  } catch (cause) {
    throw new Rejection(`${name()} rejected with ${inWords(cause)}`, { cause })
  }
}

function namesOf(refs: readonly RecordRef[]): string {
  const more = refs.length > NAMED_REFS ? ` and ${refs.length - NAMED_REFS} more` : ''
  return refs.length === 0 ? 'no refs' : refs.slice(0, NAMED_REFS).map(nameOf).join(', ') + more
}

/** The cause of an error, or the first of several. */
function causeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined
  return error.cause ?? (error instanceof AggregateError ? error.errors[0] : undefined)
}
