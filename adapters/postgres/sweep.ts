import type { Lane } from './lane.ts'
import type { Names } from './names.ts'
import { callOf, MAX_SWEPT } from './schema.ts'

const SWEPT_PER_WRITE = 2
/** How often a sweep looks for expired records after one that left none. */
const EVERY_MS = 1000
/** How often a sweep begins with the oldest expiry again, because a record may be written after it has expired. */
const FROM_START_MS = 600_000

/**
 * Deletes expired records beside the writes, a few for each, over a connection that no call waits for. The returned
 * function is called after each write of so many records.
 */
export function sweeper(names: Names, lane: Lane): (records: number) => void {
  const statement = `SELECT swept, latest FROM ${callOf(names, 'sweep')}`
  let allowance = 0
  let isSweeping = false
  /** Whether the last sweep may have left expired records. */
  let isBehind = false
  let sweptAt = performance.now() - EVERY_MS
  let startedAt = sweptAt
  // What was swept leaves entries in the index until a vacuum, which each sweep would walk over.
  let since = '0'

  const sweep = async () => {
    if (performance.now() - startedAt > FROM_START_MS) {
      startedAt = performance.now()
      since = '0'
    }
    while (allowance > 0) {
      const [row] = await lane.query(statement, [since])
      since = row?.latest ?? since
      isBehind = Number(row?.swept) === MAX_SWEPT
      allowance = isBehind ? allowance - MAX_SWEPT : 0
    }
  }
  return (records) => {
    allowance += SWEPT_PER_WRITE * records
    const now = performance.now()
    if (isSweeping || (now - sweptAt < EVERY_MS && !(isBehind && allowance >= MAX_SWEPT))) return
    isSweeping = true
    sweptAt = now
    const done = () => {
      isSweeping = false
    }
    // If it fails, the next one deletes more.
    sweep().then(done, done)
  }
}
