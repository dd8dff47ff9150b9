import type { Driver } from './driver.ts'
import { unusable } from './failure.ts'

// 'agrt': marks the file as ours in its header, where `file` and the check below find it.
const APPLICATION_ID = 0x61677274
const VERSION = 1

// A key is 'partition kind id', a list 'partition kind group': none of these words can hold a space. Text compares byte by byte.
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
 * Makes the database ready: settings of the connection, WAL, and the tables where the file is empty. Throws where the file is
 * another program's or a newer schema's, before anything of it is changed, and where this process may not write it.
 *
 * @param file - how to call the file in a hint.
 */
export function establish(driver: Driver, file: string): void {
  // The driver blocks the event loop while it waits for a lock, so waiting is done by the callers of this file.
  driver.exec('PRAGMA busy_timeout = 0')
  checkOwner(driver, file)
  const [mode] = driver.query('PRAGMA journal_mode = WAL')().flat()
  if (mode !== 'wal')
    throw unusable(`has the journal mode '${mode}' and cannot have WAL`, {
      fix: `${file}: use a file on a local disk, neither in memory nor on a network share.`,
    })
  // On macOS alone an fsync leaves the data in the disk's cache unless told otherwise.
  driver.exec('PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON')
  driver.exec('BEGIN IMMEDIATE')
  try {
    if (checkOwner(driver, file) === 'empty') driver.exec(CREATE)
    // On a file that is read-only BEGIN IMMEDIATE begins to read. There is no such record: nothing is written.
    else driver.exec("DELETE FROM record WHERE key = ''")
    driver.exec('COMMIT')
  } catch (error) {
    if (driver.inTransaction()) driver.exec('ROLLBACK')
    throw error
  }
}

function checkOwner(driver: Driver, file: string): 'empty' | 'ours' {
  const question = `SELECT (SELECT application_id FROM pragma_application_id), (SELECT user_version FROM pragma_user_version),
    (SELECT count(*) FROM sqlite_schema)`
  const [application, version, tables] = driver.query(question)().flat()
  if (application === APPLICATION_ID && version === VERSION) return 'ours'
  if (application === APPLICATION_ID)
    throw unusable(`has the schema version ${version}, and this appgrant knows ${VERSION}`, {
      fix: `${file}: update appgrant in this process, or choose another path.`,
    })
  if (application === 0 && version === 0 && tables === 0) return 'empty'
  throw unusable('belongs to another program', { fix: `${file}: choose another path; this file was left as it is.` })
}
