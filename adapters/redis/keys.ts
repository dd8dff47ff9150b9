import { describeValue } from '../../src/base/describe-value.ts'
import { invalidOption } from '../../src/base/errors.ts'
import type { GroupRef, RecordRef } from '../../src/store.ts'

// Core makes refs of 1 to 200 characters of A-Za-z0-9._-. Any other character could escape the namespace or the
// partition's slot.
const MAX_NAME_LENGTH = 200
// Core has 256 partitions. Tokens that name others must not fill the memory.
const MAX_PREFIXES = 512
const ALLOWED = new Uint8Array(128)
for (const one of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-') ALLOWED[one.charCodeAt(0)] = 1

/** A loop, because every key is checked and a regular expression takes three times as long. */
function isName(text: string): boolean {
  const { length } = text
  if (length === 0 || length > MAX_NAME_LENGTH) return false
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at)
    if (code > 127 || ALLOWED[code] === 0) return false
  }
  return true
}
const NAMESPACE = /^[A-Za-z0-9._-]{1,64}$/

/**
 * The keys of records, groups and hints. The partition is the hash tag, so each partition is in one slot of a cluster.
 */
export interface Keyspace {
  record(ref: RecordRef): string
  /** Contains a slash, which no name does, so it differs from the key of a record of the same kind and name. */
  group(ref: GroupRef): string
  /** The pub/sub channel of hints. */
  readonly channel: string
}

export function keyspace(namespace: string): Keyspace {
  if (typeof namespace !== 'string' || !NAMESPACE.test(namespace)) {
    throw invalidOption('redisStore', 'namespace', '1 to 64 characters of A-Za-z0-9._-', namespace)
  }
  // The prefix of the keys of each kind and partition, so that it is built once.
  const prefixes = new Map<string, Map<string, string>>()
  const prefixOf = (kind: string, partition: string): string => {
    const ofKind = prefixes.get(kind) ?? new Map<string, string>()
    const known = ofKind.get(partition)
    if (known !== undefined) return known
    const prefix = `${namespace}:{${name(partition)}}:${name(kind)}:`
    if (ofKind.size === 0) prefixes.set(kind, ofKind)
    if (ofKind.size < MAX_PREFIXES) ofKind.set(partition, prefix)
    return prefix
  }
  return {
    record: ({ kind, partition, id }) => prefixOf(kind, partition) + name(id),
    group: ({ kind, partition, group }) => `${namespace}:{${name(partition)}}:${name(kind)}/${name(group)}`,
    channel: `${namespace}:changed`,
  }
}

/** Returns the text if a key or a record's header may contain it, else throws a TypeError. */
export function name(text: string): string {
  if (typeof text === 'string' && isName(text)) return text
  throw new TypeError(
    `a name in a record: expected 1 to 200 characters of A-Za-z0-9._-, received ${describeValue(text)}`,
  )
}
