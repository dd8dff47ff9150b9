import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type Document, MongoClient } from 'mongodb'
import { freePort } from './free-port.ts'
import { until } from './until.ts'

/** Where the server's program is, for {@link startMongod}; undefined if this machine has none. */
export const mongodBinary: string | undefined = [
  process.env.MONGOD_BINARY ?? '',
  ...(process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'mongod')),
  new URL('../../../.cache/mongod-6.0.5/mongod', import.meta.url).pathname,
].find(isExecutable)

/** What to say if there is none. */
export const mongodMissing = 'no mongod: set MONGOD_BINARY, or run scripts/test-servers.sh'

/** A mongod of the tests, on a free port of the loopback, with a folder of its own. */
export interface Mongod {
  readonly host: string
  /** The connection string of this server alone. */
  readonly url: string
  /** Where its data is, and its log. */
  readonly folder: string
  /** Sends a signal to the process; after SIGKILL, resolves when it has gone. */
  signal(signal: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): Promise<void>
  /** Runs a command on its admin database. */
  command(command: Document): Promise<Document>
  /** Starts the process again on the same data, after it was killed. */
  restart(): Promise<void>
  /** Kills the process and deletes its folder. */
  stop(): Promise<void>
}

/** Starts a server and waits until it responds. */
export async function startMongod(...more: readonly string[]): Promise<Mongod> {
  const folder = await mkdtemp(join(tmpdir(), 'appgrant-mongod-'))
  const host = `127.0.0.1:${await freePort()}`
  const url = `mongodb://${host}/`
  const log = join(folder, 'mongod.log')
  let child: ChildProcess
  const killAtExit = () => void child.kill('SIGKILL')
  process.once('exit', killAtExit)

  const start = async () => {
    child = spawn(mongodBinary as string, [
      ...['--dbpath', folder, '--logpath', log, '--logappend'],
      ...['--bind_ip', '127.0.0.1', '--port', host.split(':')[1] as string, '--nounixsocket'],
      ...['--wiredTigerCacheSizeGB', '0.25', '--setParameter', 'diagnosticDataCollectionEnabled=false'],
      // A quick TTL monitor, and failpoints.
      ...['--setParameter', 'ttlMonitorSleepSecs=1', '--setParameter', 'enableTestCommands=1'],
      ...more,
    ])
    await until('mongod answers', async () => {
      if (child.exitCode !== null) throw new Error(`mongod ended:\n${(await readFile(log, 'utf8')).slice(-2000)}`)
      return command({ ping: 1 }).catch(() => false as const)
    })
  }
  const command = async (asked: Document) => {
    const client = new MongoClient(url, {
      directConnection: true,
      serverSelectionTimeoutMS: 500,
      socketTimeoutMS: 20_000,
    })
    try {
      return await client.db('admin').command(asked)
    } finally {
      await client.close()
    }
  }
  const signal = async (name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT') => {
    const running = child.exitCode === null && child.signalCode === null
    child.kill(name)
    if (name === 'SIGKILL' && running) await once(child, 'exit')
  }
  const stop = async () => {
    process.off('exit', killAtExit)
    await signal('SIGKILL')
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await start()
  } catch (error) {
    await stop()
    throw error
  }
  return { host, url, folder, signal, command, restart: start, stop }
}

/** Servers that elect a primary within about a second. */
export interface ReplicaSet {
  /** The connection string of all of them. */
  readonly url: string
  readonly members: readonly Mongod[]
  /** The member that the others consider the primary, asking only those other than `except`. */
  primary(except?: Mongod): Promise<Mongod>
  stop(): Promise<void>
}

/** Starts a replica set and waits for its primary. */
export async function startReplicaSet(size = 3): Promise<ReplicaSet> {
  const name = 'appgrant'
  const members: Mongod[] = []
  const stop = async () => void (await Promise.all(members.map((member) => member.stop())))
  const primary = (except?: Mongod) =>
    until('a primary', async () => {
      for (const member of members.filter((one) => one !== except)) {
        const hello = await member.command({ hello: 1 }).catch(() => undefined)
        if (hello?.isWritablePrimary) return member
      }
      return undefined
    })
  try {
    for (let n = 0; n < size; n++) members.push(await startMongod('--replSet', name))
    await members[0]?.command({
      replSetInitiate: {
        _id: name,
        members: members.map(({ host }, _id) => ({ _id, host })),
        settings: { electionTimeoutMillis: 1000, heartbeatIntervalMillis: 200 },
      },
    })
    await primary()
  } catch (error) {
    await stop()
    throw error
  }
  const url = `mongodb://${members.map(({ host }) => host).join(',')}/?replicaSet=${name}`
  return { url, members, primary, stop }
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return file !== ''
  } catch {
    return false
  }
}
