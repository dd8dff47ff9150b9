import { fewAtOnce } from '../../base/few-at-once.ts'
import { flagInput, invalidRequest } from '../input/input.ts'
import { readOwn } from './fields/submission.ts'
import type { ImportOptions, ImportOutcome, ImportResult, ImportSummary } from './imported-app.ts'

const CHUNK = 100

/** The source of the entries of an import. */
export type Entries<Entry> = Iterable<Entry> | AsyncIterable<Entry>

/**
 * Imports the entries in their order, some at once, and reports the results in their order. What is kept does not grow with the number
 * of entries. If the store fails, it rejects: the entries before were imported, and importing all again is safe.
 *
 * @param start - is called before at most a hundred entries, which are all installs or none, because an install must find its app. It
 *   returns what imports one of them.
 */
export async function runImport(
  entries: unknown,
  { onResult }: Pick<ImportOptions, 'onResult'>,
  start: () => (entry: unknown, number: number) => Promise<ImportResult>,
): Promise<ImportSummary> {
  if (onResult !== undefined && typeof onResult !== 'function')
    throw invalidRequest('onResult', 'a function of a result', onResult)
  const summary: Record<ImportOutcome, number> = {
    imported: 0,
    would_import: 0,
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
    if (chunk.length === CHUNK || (chunk.length > 0 && isInstall(entry) !== isInstall(chunk[0]))) await flush()
    number++
    chunk.push(entry)
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

/** Whether an entry is that of an install. */
export function isInstall(entry: unknown): entry is object {
  return typeof entry === 'object' && entry !== null && readOwn(entry, 'type') === 'install'
}

/** The option `dryRun`. */
export function dryRunInput(value: unknown): boolean {
  return value !== undefined && flagInput(value, 'dryRun')
}
