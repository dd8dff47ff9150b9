/** A `Redis` or `Cluster` of ioredis ≥ 5.4.1 or 6. The store calls only its `duplicate`. */
export interface RedisClient {
  /** Returns a client for the same servers, with other options. */
  duplicate(...overrides: never[]): unknown
}

/** The part of an ioredis client that the store uses, declared here because ioredis is never imported. */
export interface Client {
  readonly status: string
  readonly isCluster: boolean
  readonly options: { readonly host?: string; readonly port?: number; readonly sentinels?: unknown }
  connect(): Promise<void>
  disconnect(reconnect?: boolean): void
  on(event: 'error', listener: (error: unknown) => void): unknown
  on(event: 'message', listener: (channel: string, message: string) => void): unknown
  on(event: 'ready' | 'end', listener: () => void): unknown
  once(event: 'close', listener: () => void): unknown
  off(event: 'ready' | 'end', listener: () => void): unknown
  nodes(role: 'all' | 'master'): readonly Client[]

  mget(keys: readonly string[]): Promise<readonly (string | null)[]>
  get(key: string): Promise<string | null>
  zcount(key: string, min: string, max: string): Promise<number>
  evalsha(sha: string, keys: number, ...keysAndArgs: readonly (string | number)[]): Promise<unknown>
  eval(source: string, keys: number, ...keysAndArgs: readonly (string | number)[]): Promise<unknown>
  pipeline(commands: readonly (readonly (string | number)[])[]): {
    exec(): Promise<readonly (readonly [Error | null, unknown])[]>
  }
  role(): Promise<readonly unknown[]>
  info(): Promise<string>
  time(): Promise<readonly (string | number)[]>
  subscribe(channel: string): Promise<unknown>
}

const RECONNECT_STEP_MS = 20
const MAX_RECONNECT_MS = 500
const CONNECT_TIMEOUT_MS = 2000
/** A connection that is silent for this long is closed: its pending calls reject, and a new one is opened. */
const SILENCE_MS = 2000

const reconnectDelay = (attempts: number) => Math.min(attempts * RECONNECT_STEP_MS, MAX_RECONNECT_MS)

/**
 * A client with the same servers and user as `client`, but with options that send each command at most once and only to
 * a master, whatever the host has set on its own. It is not connected yet.
 *
 * @param options.blockedMs - how long a command may block the connection on purpose.
 */
export function duplicateOf(client: RedisClient, { blockedMs }: { readonly blockedMs: number }): Client {
  const connection = {
    autoResendUnfulfilledCommands: false,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    enableReadyCheck: true,
    lazyConnect: true,
    readOnly: false,
    keyPrefix: '',
    stringNumbers: false,
    replyMapping: 'legacy',
    enableAutoPipelining: false,
    reconnectOnError: null,
    commandTimeout: undefined,
    socketTimeout: SILENCE_MS + blockedMs,
    connectTimeout: CONNECT_TIMEOUT_MS,
    disconnectTimeout: RECONNECT_STEP_MS,
  }
  const duplicate = client.duplicate.bind(client) as (...overrides: readonly unknown[]) => unknown
  const made = isCluster(client)
    ? duplicate([], {
        redisOptions: connection,
        scaleReads: 'master',
        keyPrefix: '',
        enableOfflineQueue: false,
        enableReadyCheck: true,
        enableAutoPipelining: false,
        lazyConnect: true,
        // A command whose reply was lost is never sent again. MOVED and ASK are followed: nothing was executed.
        retryDelayOnFailover: 0,
        retryDelayOnClusterDown: 0,
        retryDelayOnMoved: 0,
        retryDelayOnTryAgain: 1,
        maxRedirections: 5,
        clusterNodeRetryStrategy: null,
        clusterRetryStrategy: reconnectDelay,
      })
    : duplicate({
        ...connection,
        retryStrategy: reconnectDelay,
        role: 'master',
        failoverDetector: true,
        sentinelRetryStrategy: reconnectDelay,
        sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
      })
  return made as Client
}

function isCluster(client: RedisClient): boolean {
  return 'isCluster' in client && client.isCluster === true
}
