import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { MongoClient } from 'mongodb'
import { withFix } from '../../adapters/mongodb/mongo-errors.ts'
import { mongoStore } from '../../adapters/mongodb/mongo-store.ts'
import { postgresStore } from '../../adapters/postgres/postgres-store.ts'
import { redisStore } from '../../adapters/redis/redis-store.ts'
import { sqliteStore } from '../../adapters/sqlite/sqlite-store.ts'
import { once } from '../base/once.ts'
import { type Store, withSanitizedErrors } from '../store.ts'
import type { Given } from './command.ts'
import { UsageError } from './usage-error.ts'

/** A store that the command line opened. */
export interface OpenedStore {
  readonly store: Store & { prepare?(): Promise<void> }
  /** Where it is, without credentials. */
  readonly name: string
  /** The driver, with its version if that is known. */
  readonly driver: string
  /** Connects, if what the store would say of a failure does not name its reason. */
  connect?(): Promise<void>
  /** Closes the driver's client, if the store does not. */
  close(): Promise<void>
}

type Scheme = (url: string, values: Given['values']) => Promise<Omit<OpenedStore, 'name'>>

const SECRET_PARAMETER = /pass|secret|token|credential/i
/** How long a driver may take to connect, in ms. */
const CONNECT_MS = 3000
const nothing = async () => {}

/** How each scheme is opened. Its driver is imported only then: it is a package of the host. */
const SCHEMES: Readonly<Record<string, Scheme>> = {
  'redis:': openRedis,
  'rediss:': openRedis,
  'mongodb:': openMongo,
  'mongodb+srv:': openMongo,
  'postgres:': openPostgres,
  'postgresql:': openPostgres,
}
/** Which option names the records of each kind of store. */
const NAMING: Readonly<Record<string, string>> = {
  redis: 'namespace',
  rediss: 'namespace',
  mongodb: 'collection',
  'mongodb+srv': 'collection',
  postgres: 'table',
  postgresql: 'table',
}

/**
 * Opens the store of `--store` or APPGRANT_STORE. Nothing is connected yet.
 *
 * @throws UsageError
 */
export async function openStore(values: Given['values'], env: Readonly<Record<string, string | undefined>>) {
  const given = values.store
  const url = typeof given === 'string' ? given : env.APPGRANT_STORE
  if (!url)
    throw new UsageError(
      'which store? Pass --store URL, or set APPGRANT_STORE. The help lists the URLs: appgrant --help',
    )
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(url) ?? []
  if (scheme === undefined) return openFile(url, values)
  const open = SCHEMES[`${scheme.toLowerCase()}:`]
  if (!open)
    throw new UsageError(
      `--store: unknown scheme ${scheme}://, expected ${Object.keys(SCHEMES)
        .map((one) => `${one}//`)
        .join(', ')} or the path of a SQLite file`,
    )
  if (typeof given === 'string' && hasSecret(url))
    throw new UsageError(
      '--store: the URL contains a password, which every user of this machine can read among the arguments. ' +
        'Set the environment variable APPGRANT_STORE to the URL instead',
    )
  refuseOtherNaming(values, NAMING[scheme.toLowerCase()])
  return { ...(await open(url, values)), name: shownUrl(url) }
}

/** The texts in a URL that must not be printed. */
export function secretsIn(url: string | undefined): readonly string[] {
  if (url === undefined || !hasSecret(url)) return []
  const [, password = ''] = /:\/\/[^/@]*?:(.*)@/.exec(url) ?? []
  const parameters = [...url.matchAll(/[?&]([^=&#]+)=([^&#]*)/g)].flatMap(([, name = '', value = '']) =>
    SECRET_PARAMETER.test(name) ? [value] : [],
  )
  return [password, ...parameters].flatMap((one) => [one, decoded(one)]).filter((one) => one !== '')
}

function hasSecret(url: string): boolean {
  const isNamed = [...url.matchAll(/[?&]([^=&#]+)=/g)].some(([, name = '']) => SECRET_PARAMETER.test(name))
  return isNamed || /:\/\/[^/@]*:[^@]*@/.test(url)
}

function shownUrl(url: string): string {
  return url.replace(/:\/\/.*@/, '://').replace(/\?.*/, '')
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function refuseOtherNaming(values: Given['values'], own: string | undefined): void {
  const wrong = ['namespace', 'collection', 'table'].find((name) => name !== own && values[name] !== undefined)
  if (wrong !== undefined)
    throw new UsageError(`--${wrong} is not an option of this store${own === undefined ? '' : `, expected --${own}`}`)
}

async function openFile(path: string, values: Given['values']): Promise<OpenedStore> {
  refuseOtherNaming(values, undefined)
  // A new file would be an empty platform, and hide a mistake in the path.
  if (!existsSync(path))
    throw new UsageError(
      '--store: there is no file at this path. Start the host once to create it. The URL of a server begins with its ' +
        `scheme: ${Object.keys(NAMING)
          .map((one) => `${one}://`)
          .join(', ')}`,
    )
  return { store: sqliteStore(path), name: path, driver: 'SQLite', close: nothing }
}

async function openRedis(url: string, values: Given['values']) {
  const { Redis } = await driver('ioredis', () => import('ioredis'))
  const client = new Redis(url, { lazyConnect: true })
  return {
    store: redisStore({ client, namespace: textOf(values.namespace) }),
    driver: withVersion('ioredis'),
    close: nothing,
  }
}

async function openMongo(url: string, values: Given['values']) {
  const { MongoClient: Client } = await driver('mongodb', () => import('mongodb'))
  // Without a name the driver takes the database `test`.
  if (!/:\/\/[^/]+\/[^?/]+/.test(url))
    throw new UsageError('--store: name the database in the URL: mongodb://HOST/DATABASE')
  const options = { serverSelectionTimeoutMS: CONNECT_MS, connectTimeoutMS: CONNECT_MS }
  const client = made<MongoClient>(() => new Client(url, options))
  const store = mongoStore({ db: client.db(), collection: textOf(values.collection) })
  // Of several calls that wait for a connection in vain, only one says why.
  const connect = async () =>
    void (await withSanitizedErrors(client.connect().catch((error) => Promise.reject(withFix(error)))))
  return { store, driver: withVersion('mongodb'), connect, close: once(() => client.close()) }
}

async function openPostgres(url: string, values: Given['values']) {
  const { Client } = (await driver('pg', () => import('pg'))).default
  const create = () => made(() => new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS }))
  return {
    store: postgresStore({ client: create, table: textOf(values.table) }),
    driver: withVersion('pg'),
    close: nothing,
  }
}

/** What a driver says of a URL may quote it. */
function made<Client>(create: () => Client): Client {
  try {
    return create()
  } catch {
    throw new UsageError(
      '--store: the driver refuses the URL. Check its form, and escape special characters in its password',
    )
  }
}

/** The name of a driver with its version, if its package tells that. */
function withVersion(name: string): string {
  try {
    return `${name} ${createRequire(import.meta.url)(`${name}/package.json`).version}`
  } catch {
    return name
  }
}

async function driver<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load()
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new UsageError(`the driver ${name} is not installed here: run npm install ${name} in the project of the host`)
  }
}

function textOf(value: string | true | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}
