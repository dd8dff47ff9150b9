import type { Store } from '../store/store.ts'
import { nameOf } from './expectations.ts'

const NAMED_REFS = 3

/** A store rejected a call. The message names the method and its refs; the cause is what the store rejected with. */
export class Rejection extends Error {}

/** A store whose rejections say which call it was. @param closing - is called when it is closed. */
export function withNamedCalls(store: Store, closing: () => void): Store {
  const { watch, time } = store
  return {
    ...(store.conditionalInserts !== undefined && { conditionalInserts: store.conditionalInserts }),
    get: (refs) =>
      named(
        () => `get of ${namesOf(refs.map(nameOf))}`,
        () => store.get(refs),
      ),
    insert: (record, options) =>
      named(
        () => `insert of ${nameOf(record)}`,
        () => store.insert(record, options),
      ),
    replace: (from, to) =>
      named(
        () => `replace of ${nameOf(from)}`,
        () => store.replace(from, to),
      ),
    list: (group, page) =>
      named(
        () => `list of ${nameOf({ ...group, id: group.group })}`,
        () => store.list(group, page),
      ),
    count: (group, after) =>
      named(
        () => `count of ${nameOf({ ...group, id: group.group })}`,
        () => store.count(group, after),
      ),
    ...(watch && {
      watch: (changed) =>
        named(
          () => 'watch',
          () => watch.call(store, changed),
        ),
    }),
    ...(time && {
      time: () =>
        named(
          () => 'time',
          () => time.call(store),
        ),
    }),
    close() {
      closing()
      return named(
        () => 'close',
        () => store.close(),
      )
    },
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

function namesOf(names: readonly string[]): string {
  const more = names.length > NAMED_REFS ? ` and ${names.length - NAMED_REFS} more` : ''
  return names.length === 0 ? 'no refs' : names.slice(0, NAMED_REFS).join(', ') + more
}

/** The cause of an error, or the first of several. */
function causeOf(error: unknown): unknown {
  if (!(error instanceof Error)) return undefined
  return error.cause ?? (error instanceof AggregateError ? error.errors[0] : undefined)
}
