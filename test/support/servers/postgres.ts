import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync } from 'node:fs'
import { appendFile, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Client } from 'pg'
import { freePort } from './free-port.ts'
import { until } from './until.ts'

const DEBIAN = '/usr/lib/postgresql'
const folders = [
  ...(existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a)) : []).map((version) =>
    join(DEBIAN, version, 'bin'),
  ),
  ...(process.env.PATH ?? '').split(delimiter),
]

/** Where the server's programs are; undefined if this machine has none. */
export const postgresBinaries: string | undefined = folders.find((folder) => existsSync(join(folder, 'initdb')))

/** What to say if there are none. */
export const postgresMissing = 'no PostgreSQL: set POSTGRES_URL, or run scripts/test-servers.sh'

/** The user that servers run as: PostgreSQL and PgBouncer refuse to run as root. */
export const serverUser = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {}

/** A PostgreSQL server of the tests, on a free port of the loopback address, with a folder of its own. */
export interface Postgres {
  readonly host: string
  readonly port: number
  /** The URL of its database, as the superuser. */
  readonly url: string
  /** The folder of the small disk, if it has one. Only the server sees what is in it. */
  readonly disk: string
  /** Runs statements as the superuser, each parameterless, and returns the rows of the last one. */
  sql(text: string): Promise<readonly Record<string, unknown>[]>
  /** Signals the server and all its processes. After SIGKILL, resolves when it has gone. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>
  /** Starts it again on the same data. */
  restart(): Promise<void>
  /** Starts a standby that streams from it. */
  startStandby(): Promise<Postgres>
  /** Makes a standby the primary. */
  promote(): Promise<void>
  /** Kills it and deletes its folder. */
  stop(): Promise<void>
}

// As the tests never cut the power, files need not reach the disk. A server that is killed leaves shared memory behind, unless it is
// in its folder.
const SETTINGS = `
listen_addresses = '127.0.0.1'
fsync = off
max_connections = 300
shared_buffers = 32MB
dynamic_shared_memory_type = mmap
wal_level = replica
max_wal_senders = 4
hot_standby = on
wal_retrieve_retry_interval = 100ms
`
/** How long a server may take to end. */
const PATIENCE_MS = 5000
const ACCESS = `
local all all trust
host all postgres 127.0.0.1/32 trust
host replication postgres 127.0.0.1/32 trust
host all all 127.0.0.1/32 scram-sha-256
`

/** A file system of so many MB in memory, at a folder that only the program that follows sees. It needs no privilege. */
const smallDisk = (folder: string, megabytes: number): readonly string[] => [
  ...['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c'],
  // PostgreSQL refuses to run as root, also as the root of a namespace.
  'mount -t tmpfs -o "size=$2m,mode=700" tmpfs "$1" && shift 2 && exec unshare --user --map-user=1000 --map-group=1000 "$@"',
  ...['sh', folder, `${megabytes}`],
]

/** Whether this machine permits {@link startPostgres} with a small disk. */
export function permitsSmallDisk(): boolean {
  const [program = '', ...args] = [...smallDisk('/tmp', 1), 'true']
  return spawnSync(program, args, serverUser).status === 0
}

/**
 * Starts a server and waits until it responds.
 *
 * @param settings - lines for `postgresql.conf`.
 * @param smallDiskMb - the size of a file system for the tablespace `small`, which its database uses. Default is none.
 */
export async function startPostgres(settings = '', smallDiskMb?: number): Promise<Postgres> {
  const server = await inFolder(async (data) => {
    await runProgram('initdb', ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'])
    await appendFile(join(data, 'postgresql.conf'), SETTINGS + settings)
    await writeFile(join(data, 'pg_hba.conf'), ACCESS)
  }, smallDiskMb)
  if (smallDiskMb === undefined) return server
  await server.sql(`CREATE TABLESPACE small LOCATION '${server.disk}'`)
  await server.sql('ALTER ROLE postgres SET default_tablespace = small')
  return server
}

/**
 * Starts a server on a copy of a base backup, and waits until it has recovered to its target.
 *
 * @param settings - lines for `postgresql.conf`, with `restore_command` and the target.
 */
export async function recoverPostgres(backup: string, settings: string): Promise<Postgres> {
  const server = await inFolder(async (data) => {
    // Owned by the user of the server, as the copies of `pg_basebackup` are.
    execFileSync('cp', ['-a', backup, data], serverUser)
    await appendFile(join(data, 'postgresql.conf'), settings)
    await writeFile(join(data, 'recovery.signal'), '')
  })
  await until('the recovery has ended', async () => {
    const [row] = await server.sql('SELECT pg_is_in_recovery() AS recovers')
    return row?.recovers === false
  })
  return server
}

async function inFolder(fill: (data: string) => Promise<void>, smallDiskMb?: number): Promise<Postgres> {
  const folder = await mkdtemp(join(tmpdir(), 'appgrant-postgres-'))
  if (serverUser.uid !== undefined) await chown(folder, serverUser.uid, serverUser.gid ?? 0)
  const data = join(folder, 'data')
  const disk = join(folder, 'disk')
  if (smallDiskMb !== undefined) await mkdir(disk)
  const log = join(folder, 'log')
  const port = await freePort()
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  let child: ChildProcess | undefined
  const killAtExit = () => signalAll(child, 'SIGKILL')
  process.once('exit', killAtExit)

  const sql = async (text: string) => {
    const client = new Client(url)
    client.on('error', () => {})
    try {
      await client.connect()
      const results = [await client.query(text)].flat()
      return results.at(-1)?.rows ?? []
    } finally {
      await client.end()
    }
  }
  const launch = () => {
    const options = ['-D', data, '-p', `${port}`, '-k', folder, '-c', 'logging_collector=off']
    const logged = `exec "$0" "$@" >>"${log}" 2>&1`
    const command = [...(smallDiskMb === undefined ? [] : smallDisk(disk, smallDiskMb)), binary('postgres'), ...options]
    child = spawn('/bin/sh', ['-c', logged, ...command], { ...serverUser, cwd: folder })
  }
  const start = async () => {
    launch()
    // It refuses to start until the last process of the one that was killed has gone.
    let attemptsLeft = 40
    await until(
      'PostgreSQL answers',
      async () => {
        if (child?.exitCode === null && child.signalCode === null) return (await sql('SELECT 1')).length > 0
        if (attemptsLeft-- > 0) launch()
        throw new Error(`PostgreSQL ended:\n${(await readFile(log, 'utf8')).slice(-2000)}`)
      },
      { everyMs: 50 },
    )
  }
  const signal: Postgres['signal'] = async (name) => {
    const running = child?.exitCode === null && child.signalCode === null
    signalAll(child, name)
    if (name === 'SIGKILL' && running) await once(child as ChildProcess, 'exit')
  }
  const server: Postgres = {
    host: '127.0.0.1',
    port,
    url,
    disk,
    sql,
    signal,
    restart: start,
    startStandby: () =>
      inFolder(async (copy) => {
        await runProgram('pg_basebackup', [
          '-D',
          copy,
          '-R',
          '-c',
          'fast',
          '--no-sync',
          '-d',
          `${url}?application_name=standby`,
        ])
      }),
    async promote() {
      await sql('SELECT pg_promote()')
    },
    async stop() {
      process.off('exit', killAtExit)
      // Shut down at once, it leaves no shared memory behind. One that was killed or does not end leaves 56 bytes.
      if (child?.exitCode === null && child.signalCode === null) {
        const ended = once(child, 'exit', { signal: AbortSignal.timeout(PATIENCE_MS) })
        signalAll(child, 'SIGCONT')
        child.kill('SIGQUIT')
        await ended.catch(() => {})
      }
      await signal('SIGKILL')
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  try {
    await fill(data)
    await start()
  } catch (error) {
    await server.stop()
    throw error
  }
  return server
}

/** The server's processes are not of its process group. */
function signalAll(child: ChildProcess | undefined, signal: NodeJS.Signals): void {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const { pid } = child
  // The first one starts others.
  if (signal !== 'SIGCONT') child.kill(signal === 'SIGKILL' ? 'SIGSTOP' : signal)
  for (const one of processesOf(pid)) {
    try {
      process.kill(one, signal)
    } catch {
      // It has ended.
    }
  }
  child.kill(signal)
}

function processesOf(parent: number): readonly number[] {
  try {
    const listed = execFileSync('ps', ['-o', 'pid=', '--ppid', `${parent}`], { encoding: 'utf8' })
    return listed.trim().split(/\s+/).map(Number)
  } catch {
    return []
  }
}

/** Runs a program of PostgreSQL as the user of the server. */
export async function runProgram(name: string, args: readonly string[]): Promise<void> {
  const child = spawn(binary(name), args, { ...serverUser, cwd: tmpdir(), stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (text) => {
    said += text
  })
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(`${name} failed: ${said}`)
}

const binary = (name: string) => join(postgresBinaries ?? '', name)

function idOf(which: '-u' | '-g'): number | undefined {
  try {
    return Number(execFileSync('id', [which, 'postgres'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }))
  } catch {
    return undefined
  }
}
