import type { RecordRef, StoreRecord } from '../../src/store.ts'
import { name } from './keys.ts'

// Follows each part of the header. No name contains a space.
const SEPARATOR = ' '

/**
 * Encodes a record as one string: `revision place groups data`. The ref is in the key and is not repeated. The place is
 * the position in base 36. If the record does not expire at its position, `!` follows, and then the expiry if there is
 * one. The revision comes first, so that a script can compare it without reading the rest. The data is never parsed.
 */
export function encodeRecord(record: StoreRecord): string {
  const { revision, position, expiresAt, groups, data } = record
  const place = expiresAt === position ? '' : `!${expiresAt?.toString(36) ?? ''}`
  return `${name(revision)} ${position.toString(36)}${place} ${groups.map(name).join(',')} ${data}`
}

/** The head of a record's stored value: its revision and the separator. */
export function revisionHead({ revision }: Pick<StoreRecord, 'revision'>): string {
  return name(revision) + SEPARATOR
}

export function decodeRecord(ref: RecordRef, value: string): StoreRecord {
  const afterRevision = value.indexOf(SEPARATOR)
  const afterPlace = value.indexOf(SEPARATOR, afterRevision + 1)
  const afterGroups = value.indexOf(SEPARATOR, afterPlace + 1)
  if (afterRevision < 1 || afterPlace < 0 || afterGroups < 0) {
    throw new Error(`the value in Redis for a record of kind ${ref.kind} was not written by appgrant`)
  }
  const mark = markIn(value, afterRevision + 1, afterPlace)
  const isMarked = mark >= 0
  const position = base36(value, afterRevision + 1, isMarked ? mark : afterPlace)
  const groups = value.slice(afterPlace + 1, afterGroups)
  const record: { -readonly [Field in keyof StoreRecord]: StoreRecord[Field] } = {
    kind: ref.kind,
    partition: ref.partition,
    id: ref.id,
    groups: groups === '' ? [] : groups.includes(',') ? groups.split(',') : [groups],
    position,
    revision: value.slice(0, afterRevision),
    data: value.slice(afterGroups + 1),
  }
  if (!isMarked) record.expiresAt = position
  else if (mark < afterPlace - 1) record.expiresAt = base36(value, mark + 1, afterPlace)
  return record
}

function markIn(text: string, from: number, to: number): number {
  for (let at = from; at < to; at++) if (text.charCodeAt(at) === 33) return at
  return -1
}

/** Parses a part of the text as a base 36 number, without copying it. */
function base36(text: string, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at)
    value = value * 36 + (code < 58 ? code - 48 : code - 87)
  }
  return value
}
