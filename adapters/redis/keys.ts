import type { GroupRef, RecordRef } from '../../src/store/store.ts'

// What core makes refs of. A name of any other character could leave the namespace or the partition's slot.
const NAME = /^[A-Za-z0-9._-]{1,200}$/
const NAMESPACE = /^[A-Za-z0-9._-]{1,64}$/

/** Where records, groups and hints stand. The partition is the hash tag: all that belongs to it is in one slot of a cluster. */
export interface Keyspace {
  record(ref: RecordRef): string
  /** A group is told from a record of the same kind and name by the slash, which no name holds. */
  group(ref: GroupRef): string
  /** The pub/sub channel of hints. */
  readonly channel: string
}

export function keyspace(namespace: string): Keyspace {
  if (typeof namespace !== 'string' || !NAMESPACE.test(namespace)) {
    throw new TypeError(`namespace: expected 1 to 64 characters of A-Za-z0-9._-, received ${inspected(namespace)}`)
  }
  return {
    record: ({ kind, partition, id }) => `${namespace}:{${name(partition)}}:${name(kind)}:${name(id)}`,
    group: ({ kind, partition, group }) => `${namespace}:{${name(partition)}}:${name(kind)}/${name(group)}`,
    channel: `${namespace}:changed`,
  }
}

/** The text itself where a key or a record's header may hold it; throws a TypeError otherwise. */
export function name(text: string): string {
  if (typeof text === 'string' && NAME.test(text)) return text
  throw new TypeError(
    `a name in a record: expected 1 to 200 characters of A-Za-z0-9._-, received ${typeof text === 'string' ? `${text.length} others` : typeof text}`,
  )
}

function inspected(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : typeof value
}
