import { AppGrantError } from '../../src/base/errors.ts'
import { unusableStore } from '../../src/base/unusable-store.ts'

// The primary result codes of SQLite that this adapter distinguishes, by the numbers that node:sqlite reports.
const NAMES: Record<number, string> = {
  5: 'BUSY',
  8: 'READONLY',
  10: 'IOERR',
  11: 'CORRUPT',
  13: 'FULL',
  14: 'CANTOPEN',
  26: 'NOTADB',
}

const CAUSES: Record<string, { readonly what: string; readonly fix: string }> = {
  BUSY: {
    what: 'is locked by another process',
    fix: 'Stop the process that keeps it locked, or use another file.',
  },
  READONLY: {
    what: 'is read-only',
    fix: 'Allow this process to write the file, the files -wal and -shm beside it, and their folder.',
  },
  IOERR: { what: 'cannot be read or written', fix: 'See the cause, and check the disk for errors.' },
  CORRUPT: { what: 'is damaged', fix: 'Stop every process that has it open and restore a backup.' },
  FULL: {
    what: 'cannot grow: the disk is full',
    fix: 'Free space on its disk and repeat the call: nothing was written.',
  },
  CANTOPEN: { what: 'cannot be opened', fix: 'Create its folder, and allow this process to write in it.' },
  NOTADB: { what: 'is not an SQLite database', fix: 'Choose another path: this file was not changed.' },
}

/** The primary result code of SQLite without its prefix, for example `BUSY`; undefined if the error has none. */
export function resultCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  if ('errcode' in error && typeof error.errcode === 'number') return NAMES[error.errcode & 0xff]
  if ('code' in error && typeof error.code === 'string') return /^SQLITE_([A-Z]+)/.exec(error.code)?.[1]
  return undefined
}

/** The error for a file that cannot be used. Only the hint names the file, since a message may reach a client. */
export function unusable(
  what: string,
  { fix, cause }: { readonly fix: string; readonly cause?: unknown },
): AppGrantError {
  return unusableStore(`the SQLite file ${what}`, fix, cause)
}

/** Adds the fix to a driver's error. An error that already has one is returned as it is. */
export function withHint(error: unknown, file: string): unknown {
  if (error instanceof AppGrantError) return error
  const known = CAUSES[resultCode(error) ?? '']
  if (known) return unusable(known.what, { fix: `${file}: ${known.fix}`, cause: error })
  return unusable('failed', { fix: `${file}: see the cause.`, cause: error })
}
