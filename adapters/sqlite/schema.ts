import type { Driver } from './driver.ts'
import { unusable } from './failure.ts'

// 'agrt': marks the file as appgrant's in its header, where the command `file` and the check below find it.
const APPLICATION_ID = 0x61677274
const VERSION = 1

// A key is 'partition kind id', a list 'partition kind group'. None of these parts can contain a space. Text is
// compared byte by byte.
const CREATE = `
CREATE TABLE record (
  key TEXT NOT NULL PRIMARY KEY,
  position INTEGER NOT NULL,
  expires_at INTEGER,
  revision TEXT NOT NULL,
  groups TEXT NOT NULL,
  data TEXT NOT NULL
) STRICT;
CREATE INDEX record_by_expiry ON record (expires_at) WHERE expires_at IS NOT NULL;
CREATE TABLE member (
  list TEXT NOT NULL,
  position INTEGER NOT NULL,
  id TEXT NOT NULL,
  PRIMARY KEY (list, position, id)
) STRICT, WITHOUT ROWID;
PRAGMA application_id = ${APPLICATION_ID};
PRAGMA user_version = ${VERSION};
`

/**
 * Prepares the database: the settings of the connection, WAL, and the tables if the file is empty. Throws if the file
 * belongs to another program or has another schema version, before it changes anything, or if this process may not
 * write the file.
 *
 * @param file - the name of the file in a hint.
 */
export function openSchema(driver: Driver, file: string): void {
  // The driver would block the event loop while it waits for a lock, so the callers of this module wait instead.
  driver.exec('PRAGMA busy_timeout = 0')
  checkOwner(driver, file)
  const [mode] = driver.query('PRAGMA journal_mode = WAL')().flat()
  if (mode !== 'wal')
    throw unusable(`has the journal mode '${mode}' and cannot use WAL`, {
      fix: `${file}: use a file on a local disk, not in memory or on a network share.`,
    })
  // Without fullfsync, an fsync on macOS leaves the data in the disk's cache.
  driver.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON')
  driver.exec('BEGIN IMMEDIATE')
  try {
    if (checkOwner(driver, file) === 'empty') driver.exec(CREATE)
    // On a read-only file BEGIN IMMEDIATE succeeds as a read, but this fails. No record has this key, so it deletes none.
    else driver.exec("DELETE FROM record WHERE key = ''")
    driver.exec('COMMIT')
  } catch (error) {
    if (driver.inTransaction()) driver.exec('ROLLBACK')
    throw error
  }
}

function checkOwner(driver: Driver, file: string): 'empty' | 'ours' {
  const sql = `SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
    (SELECT count(*) FROM sqlite_schema)`
  const [application, version, tables] = driver.query(sql)().flat()
  if (application === APPLICATION_ID && version === VERSION) return 'ours'
  if (application === APPLICATION_ID)
    throw unusable(`has the schema version ${version}, and this version of appgrant supports ${VERSION}`, {
      fix: `${file}: update appgrant in this process, or choose another path.`,
    })
  if (application === 0 && version === 0 && tables === 0) return 'empty'
  throw unusable('belongs to another program', { fix: `${file}: choose another path; this file was not changed.` })
}
