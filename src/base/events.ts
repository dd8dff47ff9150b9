import type { ErrorCode } from './errors.ts'

/** Who performed an operation: an account, or the host if absent, and the real login behind it if the host gave one (ACC-5). */
export interface Actor {
  readonly account?: string
  readonly login?: string
}

/** A change of an app. */
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
  | 'jwks_replaced'
  | 'tokens_revoked'
  | 'removed'

/** Every event and its properties. No event contains a secret. */
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
  /** Something that should work failed. `server_error`: an HTTP response was a 500; `cause` is the reason. */
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

/** An event as passed to a listener: its properties, when it happened and who caused it. */
export type AppGrantEvent<K extends keyof EventMap> = EventMap[K] & { readonly at: Date; readonly by: Actor }

/** The events of this process. Each is emitted once, after its write. */
export interface Events {
  /**
   * Calls `listener` synchronously for every event of that type. If it throws or rejects, a process warning (`APPGRANT_LISTENER`)
   * is emitted and nothing else is affected.
   *
   * @returns a function that removes the listener.
   * @throws TypeError if `listener` is not a function.
   */
  on<K extends keyof EventMap>(type: K, listener: (event: AppGrantEvent<K>) => void): () => void
}

/** Events, with the function that emits them. */
export interface Emitter extends Events {
  emit<K extends keyof EventMap>(type: K, by: Actor, event: EventMap[K]): void
}

// A registered symbol, so that entry points from two copies of this package interoperate.
const EMIT = Symbol.for('appgrant.emit')

/** The events as the host sees them: it can only listen. Other entry points of this package emit through {@link emitTo}. */
export function publicEvents({ on, emit }: Emitter): Events {
  return Object.freeze(Object.defineProperty({ on }, EMIT, { value: emit }))
}

/** Emits through `events`. Does nothing if `events` was not returned by {@link publicEvents}. */
export function emitTo<K extends keyof EventMap>(events: Events, type: K, event: EventMap[K]): void {
  const { [EMIT]: emit } = events as Events & { readonly [EMIT]?: Emitter['emit'] }
  emit?.(type, {}, event)
}

/** @param clock - returns ms since 1970, for `at`. */
export function createEmitter(clock: () => number): Emitter {
  // `on` has checked what the listeners of a type accept; the sets need not repeat it.
  type Listener = (event: never) => unknown
  const listeners = new Map<keyof EventMap, Set<Listener>>()

  return {
    on(type, listener) {
      if (typeof listener !== 'function')
        throw new TypeError(`events.on: listener: expected a function, received ${typeof listener}`)
      // Wrapped, so that a listener added twice is called twice.
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
      process.emitWarning(`an appgrant event listener failed: ${textOf(error)}`, { code: 'APPGRANT_LISTENER' })
    }
    try {
      const result: unknown = listener(event)
      if (result instanceof Promise) result.catch(warn)
    } catch (error) {
      warn(error)
    }
  }
}

/** Any value can be thrown, and converting it to a string may throw again. */
function textOf(error: unknown): string {
  try {
    return String(error)
  } catch {
    return `a thrown ${typeof error}`
  }
}
