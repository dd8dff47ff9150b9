import { randomUUID } from 'node:crypto'
import type { StoreRecord } from '../../../src/store/store.ts'

const fresh = () => randomUUID().replaceAll('-', '').slice(0, 16)

/** A record with its own id and revision. */
export function record(fields: Partial<StoreRecord> = {}): StoreRecord {
  return {
    kind: 'thing',
    partition: 'p0',
    id: fresh(),
    groups: [],
    position: fields.expiresAt ?? 1_700_000_000_000,
    revision: fresh(),
    data: '{}',
    ...fields,
  }
}
