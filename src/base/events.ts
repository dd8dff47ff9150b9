import type { ErrorCode } from './errors.ts'

/** Who acted: the account, or nobody where the host itself did, and the login behind it if the host gave one (ACC-5). */
export interface Actor {
  readonly account?: string
  readonly login?: string
}

/** What happened to an app. */
export type AppChange =
  | 'registered'
  | 'updated'
  | 'trusted'
  | 'untrusted'
  | 'published'
  | 'unpublished'
  | 'resource_server_set'
  | 'suspended'
  | 'resumed'
  | 'secret_regenerated'
  | 'secret_added'
  | 'secret_removed'
  | 'keys_replaced'
  | 'tokens_revoked'
  | 'removed'

/** Every event and what it tells. No event carries a secret. */
export interface EventMap {
  app: { readonly change: AppChange; readonly app: string }
  token: {
    readonly change: 'issued' | 'removed' | 'all_removed' | 'reused'
    readonly app: string
    readonly account: string
    /** Empty for `all_removed`. */
    readonly tokenIds: readonly string[]
  }
  install: { readonly change: 'approved' | 'denied' | 'withdrawn'; readonly app: string; readonly account: string }
  refused: { readonly code: ErrorCode; readonly reason: string; readonly app?: string; readonly remoteAddress?: string }
  /** Something that should work does not. `server_error`: an HTTP answer was a 500, whose `cause` says what to mend. */
  outage: {
    readonly code:
      | 'store_unavailable'
      | 'outcome_unknown'
      | 'directory_unavailable'
      | 'signing_unavailable'
      | 'server_error'
    readonly operation: string
    readonly cause: unknown
  }
}

/** An event as a listener gets it. */
export type Event<K extends keyof EventMap> = EventMap[K] & { readonly at: Date; readonly by: Actor }

/** Events of the process that made them: once, after the write. */
export interface Events {
  /**
   * Calls `listener` for every event of that type, in the turn it happened. A listener that throws or rejects becomes a
   * process warning (`APPGRANT_LISTENER`) and disturbs nobody else.
   *
   * @returns the function that ends it.
   */
  on<K extends keyof EventMap>(type: K, listener: (event: Event<K>) => void): () => void
}

/** Events and the way to send one. */
export interface Emitter extends Events {
  emit<K extends keyof EventMap>(type: K, by: Actor, event: EventMap[K]): void
}

// A registered symbol, so that entries from two copies of this package understand each other.
const EMIT = Symbol.for('appgrant.emit')

/** The events as the host gets them: it listens, and only other entries of this package may send, by {@link emitTo}. */
export function publicEvents({ on, emit }: Emitter): Events {
  return Object.freeze(Object.defineProperty({ on }, EMIT, { value: emit }))
}

/** Sends an event to those who listen to `events`; to nobody where it is not what {@link publicEvents} made. */
export function emitTo<K extends keyof EventMap>(events: Events, type: K, event: EventMap[K]): void {
  const { [EMIT]: emit } = events as Events & { readonly [EMIT]?: Emitter['emit'] }
  emit?.(type, {}, event)
}

/** @param clock - in ms since 1970, for `at`. */
export function createEmitter(clock: () => number): Emitter {
  // What a type's listeners take is settled by `on`; here they only stand in its set.
  type Listener = (event: never) => unknown
  const listeners = new Map<keyof EventMap, Set<Listener>>()

  return {
    on(type, listener) {
      if (typeof listener !== 'function')
        throw new TypeError(`events.on: listener must be a function, received ${typeof listener}`)
      // A function of its own, so that the same listener may be added twice.
      const added: typeof listener = (event) => listener(event)
      const known = listeners.get(type) ?? new Set()
      listeners.set(type, known.add(added))
      return () => void known.delete(added)
    },
    emit(type, by, event) {
      const known = listeners.get(type)
      if (!known?.size) return
      const sent = Object.freeze({ ...event, at: new Date(clock()), by })
      for (const listener of [...known]) call(listener, sent as never)
    },
  }

  function call(listener: Listener, event: never): void {
    const warn = (error: unknown) => {
      process.emitWarning(`a listener of an appgrant event failed: ${textOf(error)}`, { code: 'APPGRANT_LISTENER' })
    }
    try {
      const result: unknown = listener(event)
      if (result instanceof Promise) result.catch(warn)
    } catch (error) {
      warn(error)
    }
  }
}

/** Anything can be thrown, and not everything has a text. */
function textOf(error: unknown): string {
  try {
    return String(error)
  } catch {
    return `a thrown ${typeof error}`
  }
}
