/** What is given to the store: a `Redis` or `Cluster` of ioredis 5 or 6. Only its `duplicate` is called. */
export interface RedisClient {
  duplicate(...overrides: never[]): unknown
}

/** What the store uses of its own connections, by shape: ioredis is never imported. */
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
const RECONNECT_MOST_MS = 500
const CONNECT_TIMEOUT_MS = 2000
/** A connection whose answer is this late is cut: what waits on it rejects, and a new one is made. */
const SILENCE_MS = 2000

const reconnectDelay = (attempts: number) => Math.min(attempts * RECONNECT_STEP_MS, RECONNECT_MOST_MS)

/**
 * A connection, or a cluster of them, to where `client` connects and as its user, but with the options that make a command go
 * to the server at most once and to a master only, whatever the host set for itself. Not connected yet.
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
        // A lost answer is never asked for again. MOVED and ASK are followed: they mean that nothing was executed.
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
