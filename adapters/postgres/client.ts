import { describeValue } from '../../src/base/describe-value.ts'

/** A `Client` of the driver `pg` 8, or of a compatible driver, that is not connected yet. */
export interface PostgresClient {
  /** Opens the connection. */
  connect(): Promise<unknown>
  /** Sends one statement with its parameters, in one round trip. With a name, it is parsed once for each connection. */
  query(
    statement: string | { name: string; text: string; values: unknown[] },
    values?: unknown[],
  ): Promise<{ rows: unknown[] }>
  /** Closes the connection. */
  end(): Promise<unknown>
  /** Adds a listener, for `error`, `end`, `notice` and `notification`. */
  on(event: string, listener: (value: never) => void): unknown
}

/** What the store uses of a driver's client if it has it. */
interface Inside {
  /** The number of the server's process, as the server itself or a pooler reported it. */
  readonly processID?: unknown
  readonly connection?: { readonly stream?: { destroy?(): unknown } }
}

const METHODS = ['connect', 'query', 'end', 'on'] as const

/** Calls the host's function. Throws a TypeError if what it returns is not a client. */
export function newClient(create: () => PostgresClient): PostgresClient {
  const client: unknown = create()
  const isClient =
    typeof client === 'object' &&
    client !== null &&
    METHODS.every((name) => typeof Reflect.get(client, name) === 'function')
  if (isClient) return client as PostgresClient
  throw new TypeError(`postgresStore: client: expected it to return a Client of pg, received ${describeValue(client)}`)
}

/** The process that the client believes to be connected to. */
export function processOf(client: PostgresClient & Inside): number | undefined {
  return typeof client.processID === 'number' ? client.processID : undefined
}

/** Closes the connection at once, whatever is under way on it. */
export function destroy(client: PostgresClient & Inside): void {
  // First, because a client that has not been told to end reports the closed socket as an error.
  client.end().catch(() => {})
  client.connection?.stream?.destroy?.()
}
