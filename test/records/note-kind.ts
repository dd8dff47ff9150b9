import type { Kind } from '../../src/records/collection.ts'
import type { GroupRef, RecordRef } from '../../src/store/store.ts'

/** The simplest kind of record. */
export interface Note {
  readonly id: string
  readonly text: string
  readonly createdAt?: number
  readonly expiresAt?: number
}

export const noteKind: Kind<Note> = {
  name: 'n',
  place({ id, createdAt = 0, expiresAt }) {
    const end = expiresAt === undefined ? {} : { expiresAt }
    return { partition: 'pp', id, groups: ['notes'], position: expiresAt ?? createdAt, ...end }
  },
  pack: (note) => JSON.stringify(note),
  unpack: (record) => JSON.parse(record.data),
}

/** Notes that many calls read. */
export const sharedNoteKind: Kind<Note> = { ...noteKind, isShared: true }

export const notes: GroupRef = { kind: 'n', partition: 'pp', group: 'notes' }

export function noteRef(id: string): RecordRef {
  return { kind: 'n', partition: 'pp', id }
}
