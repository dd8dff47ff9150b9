import { randomUUID } from 'node:crypto'
import { existsSync, linkSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { unusable } from './failure.ts'

const OWNER_ONLY = 0o600
const OTHERS = 0o077
/** The log and its index. SQLite gives them the mode of the database. */
const COMPANIONS = ['-wal', '-shm']

/**
 * Creates the file for the user of this process only: SQLite would let everyone read it. An existing file keeps its mode.
 * If this fails, SQLite creates the file, or reports why it cannot.
 */
export function createPrivately(path: string): void {
  if (existsSync(path)) return
  // Made elsewhere and linked: another thread may open the path at once, and closing a file releases all its locks.
  const made = `${path}.${randomUUID()}`
  try {
    writeFileSync(made, '', { mode: OWNER_ONLY, flag: 'wx' })
    linkSync(made, path)
  } catch {
    // Another process was first, or the folder does not exist or allow it.
  } finally {
    rmSync(made, { force: true })
  }
}

/** Warns if other users of the machine may read or write the database. Windows has no such modes. */
export function warnOfReaders(path: string): void {
  if (process.platform === 'win32') return
  const open = [path, ...COMPANIONS.map((companion) => path + companion)].filter((file) => {
    const { mode = 0 } = statSync(file, { throwIfNoEntry: false }) ?? {}
    return (mode & OTHERS) !== 0
  })
  if (open.length > 0)
    process.emitWarning(`other users of this machine have access to ${open.join(', ')}. Run chmod 600 on them`, {
      type: 'AppGrantWarning',
      code: 'APPGRANT_SQLITE_MODE',
    })
}

/**
 * Returns a function that throws if the database or its log is no longer the file that was open when this was called. A
 * process that goes on with a file that was moved or replaced would acknowledge what no other process finds.
 */
export function samePlace(path: string): () => void {
  const opened = [path, `${path}-wal`].map((file) => ({ file, at: placeOf(file) }))
  return () => {
    for (const { file, at } of opened) {
      const now = placeOf(file)
      if (now?.ino === at?.ino && now?.dev === at?.dev) continue
      throw unusable('was moved, replaced or deleted while it was open', {
        fix: `${path}: stop every process that has it open, put the file and its -wal in place, and start them again.`,
      })
    }
  }
}

function placeOf(file: string) {
  return statSync(file, { throwIfNoEntry: false })
}
