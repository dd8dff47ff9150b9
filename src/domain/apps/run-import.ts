import { fewAtOnce } from '../../base/few-at-once.ts'
import { flagInput, invalidRequest } from '../input/input.ts'
import type { ImportOptions, ImportOutcome, ImportResult, ImportSummary } from './imported-app.ts'

const CHUNK = 100

/** The source of the entries of an import. */
export type Entries<Entry> = Iterable<Entry> | AsyncIterable<Entry>

/**
 * Imports the entries in their order, some at once, and reports the results in their order. What is kept does not grow with the number
 * of entries. If the store fails, it rejects: the entries before were imported, and importing all again is safe.
 *
 * @param start - is called before each hundred entries, and returns what imports one of them.
 */
export async function runImport<Result extends ImportResult>(
  entries: unknown,
  { onResult }: ImportOptions<Result>,
  start: () => (entry: unknown, number: number) => Promise<Result>,
): Promise<ImportSummary> {
  if (onResult !== undefined && typeof onResult !== 'function')
    throw invalidRequest('onResult', 'a function of a result', onResult)
  const summary: Record<ImportOutcome, number> = {
    registered: 0,
    would_register: 0,
    exists: 0,
    limit_reached: 0,
    refused: 0,
  }
  let number = 0
  let chunk: unknown[] = []
  const flush = async () => {
    const [importOne, first, taken] = [start(), number - chunk.length + 1, chunk]
    chunk = []
    const numbered = taken.map((entry, at) => ({ entry, number: first + at }))
    for (const result of await fewAtOnce(numbered, (one) => importOne(one.entry, one.number))) {
      summary[result.outcome]++
      await onResult?.(result)
    }
  }
  for await (const entry of iterable(entries)) {
    number++
    if (chunk.push(entry) === CHUNK) await flush()
  }
  if (chunk.length > 0) await flush()
  return summary
}

function iterable(entries: unknown): Entries<unknown> {
  if (!isIterable(entries)) throw invalidRequest('entries', 'a list, or another iterable of objects', entries)
  return entries
}

function isIterable(value: unknown): value is Entries<unknown> {
  try {
    if (typeof value !== 'object' || value === null) return false
    const { [Symbol.iterator]: one, [Symbol.asyncIterator]: other } = value as Record<symbol, unknown>
    return typeof one === 'function' || typeof other === 'function'
  } catch {
    return false
  }
}

/** The option `dryRun`. */
export function dryRunInput(value: unknown): boolean {
  return value !== undefined && flagInput(value, 'dryRun')
}
