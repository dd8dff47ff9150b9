import { createHash } from 'node:crypto'
import { describeValue } from '../../src/base/describe-value.ts'
import { invalidOption } from '../../src/base/errors.ts'
import type { GroupRef, RecordRef, StoreRecord } from '../../src/store.ts'

const NAME = /^[A-Za-z0-9._-]{1,200}$/
const TABLE = /^(?:([a-z_][a-z0-9_]{0,39})\.)?([a-z_][a-z0-9_]{0,39})$/
const MAX_GROUPS = 4
/** The server cuts longer names, and refuses to notify such a channel. */
const MAX_CHANNEL = 63

/** The table of the store, and what belongs to it. Names can stand in a statement as they are. */
export interface Names {
  readonly schema: string
  /** The table without its schema. */
  readonly name: string
  /** The table, with its schema. */
  readonly table: string
  /** The name of a function or an index, with the schema. */
  of(what: string): string
  /** The same without the schema. */
  bare(what: string): string
  /** The table as a host writes it. */
  readonly shown: string
  /** Where hints are sent. */
  readonly channel: string
}

/** Reads the option `table`. The default schema is `public`, whatever the search path is. */
export function namesFor(option: unknown): Names {
  const [, schema = 'public', name] = (typeof option === 'string' && TABLE.exec(option)) || []
  if (name === undefined) {
    const expected = "the name of a table, such as 'appgrant' or 'auth.appgrant', in lower case"
    throw invalidOption('postgresStore', 'table', expected, option)
  }
  const shown = schema === 'public' ? name : `${schema}.${name}`
  return {
    schema,
    name,
    table: `"${schema}"."${name}"`,
    of: (what) => `"${schema}"."${name}_${what}"`,
    bare: (what) => `${name}_${what}`,
    shown,
    channel: shown.length > MAX_CHANNEL ? createHash('sha256').update(shown).digest('hex').slice(0, 32) : shown,
  }
}

/** Returns the value if it is a valid name, else throws a TypeError. */
export function checkedName(value: unknown, what: string): string {
  if (typeof value === 'string' && NAME.test(value)) return value
  throw new TypeError(`${what}: expected 1 to 200 characters of A-Za-z0-9._-, received ${describeValue(value)}`)
}

/** Returns the value if it is a whole number, else throws a TypeError. */
export function checkedInteger(value: unknown, what: string): number {
  if (Number.isSafeInteger(value)) return value as number
  throw new TypeError(`${what}: expected a whole number, received ${describeValue(value)}`)
}

/** Returns the value if PostgreSQL can keep it, else throws a TypeError. */
export function checkedText(value: unknown, what: string): string {
  if (typeof value === 'string' && value.isWellFormed() && !value.includes('\0')) return value
  const expected = 'text without NUL characters and lone surrogates'
  throw new TypeError(`${what}: expected ${expected}, received ${describeValue(value)}`)
}

/** The key of a record. */
export function keyOf({ partition, kind, id }: RecordRef): string {
  return `${checkedName(partition, 'partition')}:${checkedName(kind, 'kind')}:${checkedName(id, 'id')}`
}

/** The ref in a key. */
export function refOf(key: string): RecordRef {
  const [partition = '', kind = '', id = ''] = key.split(':')
  return { kind, partition, id }
}

/** The name of a list. */
export function listOf({ partition, kind, group }: GroupRef): string {
  return `${checkedName(partition, 'partition')}:${checkedName(kind, 'kind')}:${checkedName(group, 'group')}`
}

/** The names of the lists that contain a record. */
export function listsOf({ kind, partition, groups }: StoreRecord): readonly string[] {
  if (groups.length > MAX_GROUPS)
    throw new TypeError(`groups: expected at most ${MAX_GROUPS}, received ${groups.length}`)
  return groups.map((group) => listOf({ kind, partition, group }))
}
