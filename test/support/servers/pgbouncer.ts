import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chown, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { Client } from 'pg'
import { freePort } from './free-port.ts'
import { type Postgres, serverUser } from './postgres.ts'
import { until } from './until.ts'

/** Where the pooler's program is; undefined if this machine has none. */
export const pgbouncerBinary: string | undefined = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin']
  .map((folder) => join(folder, 'pgbouncer'))
  .find((file) => existsSync(file))

/** What to say if there is none. */
export const pgbouncerMissing = 'no PgBouncer: run scripts/test-servers.sh'

/** A PgBouncer in front of a server. */
export interface PgBouncer {
  readonly url: string
  stop(): Promise<void>
}

/**
 * Starts a pooler and waits until it responds.
 *
 * @param poolSize - the maximum number of its connections to the server.
 */
export async function startPgBouncer(server: Postgres, mode: string, poolSize: number): Promise<PgBouncer> {
  const folder = await mkdtemp(join(tmpdir(), 'appgrant-pgbouncer-'))
  const port = await freePort()
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const [settings, users, log] = ['pgbouncer.ini', 'users.txt', 'log'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  await writeFile(users, '"postgres" ""\n')
  await writeFile(
    settings,
    `[databases]
* = host=${server.host} port=${server.port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${users}
logfile = ${log}
pool_mode = ${mode}
default_pool_size = ${poolSize}
max_client_conn = 500
`,
  )
  if (serverUser.uid !== undefined)
    for (const path of [folder, settings, users]) await chown(path, serverUser.uid, serverUser.gid ?? 0)
  const child: ChildProcess = spawn(pgbouncerBinary as string, ['-q', settings], { ...serverUser, cwd: folder })
  const killAtExit = () => void child.kill('SIGKILL')
  process.once('exit', killAtExit)
  const stop = async () => {
    process.off('exit', killAtExit)
    const running = child.exitCode === null && child.signalCode === null
    child.kill('SIGKILL')
    if (running) await once(child, 'exit')
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await until('PgBouncer answers', async () => {
      if (child.exitCode !== null) throw new Error(`PgBouncer ended:\n${await readFile(log, 'utf8').catch(() => '')}`)
      const client = new Client(url)
      client.on('error', () => {})
      try {
        await client.connect()
        return (await client.query('SELECT 1')).rows.length > 0
      } finally {
        await client.end()
      }
    })
  } catch (error) {
    await stop()
    throw error
  }
  return { url, stop }
}
