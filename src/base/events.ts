import { invalidOption } from './errors.ts'
import { knownMembers, unknownMembers } from './known-members.ts'
import type { RefusalCode, RefusalReason } from './refusal-reasons.ts'

/**
 * Who performed an operation: an account, and the real login behind it if the host gave one (ACC-5). Without an account it was
 * the host or, if the event is about a request of an app, that app.
 */
export interface Actor {
  readonly account?: string
  readonly login?: string
}

/** A change of an app. */
export type AppChange =
  | 'registered'
  | 'imported'
  | 'updated'
  | 'trusted'
  | 'untrusted'
  | 'published'
  | 'unpublished'
  | 'resource_server_set'
  | 'lifetimes_set'
  | 'suspended'
  | 'resumed'
  | 'secret_regenerated'
  | 'secret_added'
  | 'secret_removed'
  | 'jwks_replaced'
  | 'tokens_revoked'
  | 'removed'

/** Where a request came from, as far as it is known. */
export interface EventSource {
  /** The caller's address as the host knows it. */
  readonly remoteAddress?: string
  /** At most 512 characters, without control characters. */
  readonly userAgent?: string
}

/** A change of access tokens. */
export type TokenChange = 'issued' | 'repeated' | 'reused' | 'removed' | 'all_removed'

/** What is known of a refused request. Only what is true: `app` exists, and the attacked account is not in `by`. */
export interface RefusalFacts extends EventSource {
  /** The app that authenticated, whose credentials were tried, or which the operation was about. */
  readonly app?: string
}

/** A refused request: its error code with one of the reasons of that code. */
export type Refusal = {
  [C in RefusalCode]: { readonly code: C; readonly reason: RefusalReason<C> } & RefusalFacts
}[RefusalCode]

/** Every event and its properties. No event contains a secret. */
export interface EventMap {
  app: {
    readonly change: AppChange
    readonly app: string
    /** Only if an app was registered that has asked for it, and that the account has approved. */
    readonly origin?: { readonly by: 'itself' | 'browser'; readonly host: string; readonly hosts: readonly string[] }
    /** Only if an app was removed that was suspended: since when, and by the highest authority that did it. */
    readonly suspended?: { readonly at: Date; readonly by: Actor }
  }
  /**
   * `issued`: an access token. `repeated`: a refresh was repeated within the grace period, and got this access token. `reused`: a
   * code or refresh token was used again, which ended its session and these access tokens.
   */
  token: EventSource & {
    readonly change: TokenChange
    readonly app: string
    readonly account: string
    /** Empty for `all_removed`. */
    readonly tokenIds: readonly string[]
  }
  install: {
    readonly change: 'approved' | 'denied' | 'withdrawn' | 'imported'
    readonly app: string
    readonly account: string
    /** For `approved`: why the account was not asked, by the option `consent`. Absent if it was. */
    readonly consent?: 'remembered' | 'skipped'
  }
  /**
   * A credential that had leaked was reported and revoked. `account`: the one for which it gave access; for the secret of an app, the
   * owner, who needs a new one. Tokens that somebody got with that secret are valid until they are revoked.
   */
  leak: EventSource & {
    readonly credential: 'accessToken' | 'code' | 'refreshToken' | 'secret'
    readonly app: string
    readonly account: string
    /** Where it was found, without query and fragment. Absent if the report does not say, or if it would show a credential. */
    readonly url?: string
  }
  /** A request that an attacker would make was refused (ERR-9). */
  refused: Refusal
  /** Something that should work failed. `server_error`: an HTTP response was a 500; `cause` is the reason. */
  outage: {
    readonly code: OutageCode
    readonly operation: string
    readonly cause: unknown
  }
  /** Requests were refused because too many were in progress. Emitted at most once a second, with their number. */
  overload: { readonly refused: number }
}

/** What failed in an event `outage`. */
export type OutageCode =
  | 'store_unavailable'
  | 'outcome_unknown'
  | 'directory_unavailable'
  | 'clock_unavailable'
  | 'signing_unavailable'
  | 'clock_skew'
  | 'claims_unavailable'
  | 'legacy_secret_unavailable'
  | 'server_error'

const EVENT_TYPES = knownMembers<EventMap>({
  app: true,
  token: true,
  install: true,
  leak: true,
  refused: true,
  outage: true,
  overload: true,
})

/** An event as passed to a listener: its properties, when it happened and who caused it. */
export type AppGrantEvent<K extends keyof EventMap> = EventMap[K] & { readonly at: Date; readonly by: Actor }

/**
 * The events of this process. Each is emitted once, after its write. The first `outage` of each code that has no listener is a
 * process warning (`APPGRANT_OUTAGE`).
 */
export interface Events {
  /**
   * Calls `listener` synchronously for every event of that type. If it throws or rejects, a process warning (`APPGRANT_LISTENER`)
   * is emitted and nothing else is affected.
   *
   * @returns a function that removes the listener.
   * @throws TypeError if there is no such type, or if `listener` is not a function.
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

/** The time of a clock, or the error because of which it is not known. */
export function timeOf(clock: () => number): number | Error {
  try {
    const now: unknown = clock()
    return Number.isFinite(now)
      ? (now as number)
      : new TypeError(`clock: expected a time in ms, received ${String(now)}`)
  } catch (error) {
    return error instanceof Error ? error : new Error(`clock: threw ${textOf(error)}`)
  }
}

/** @param clock - returns ms since 1970, for `at`. While it fails, `at` is the time of the system. */
export function createEmitter(clock: () => number): Emitter {
  // `on` has checked what the listeners of a type accept; the sets need not repeat it.
  type Listener = (event: never) => unknown
  const listeners = new Map<keyof EventMap, Set<Listener>>()
  const warned = new Set<OutageCode>()

  return {
    on(type, listener) {
      const [unknown] = unknownMembers({ [type]: listener }, EVENT_TYPES)
      if (unknown) throw invalidOption('events.on', 'type', unknown.expected, unknown.name)
      if (typeof listener !== 'function') throw invalidOption('events.on', 'listener', 'a function', listener)
      // Wrapped, so that a listener added twice is called twice.
      const added: typeof listener = (event) => listener(event)
      const known = listeners.get(type) ?? new Set()
      listeners.set(type, known.add(added))
      return () => void known.delete(added)
    },
    emit(type, by, event) {
      const known = listeners.get(type)
      if (!known?.size) return warnOfUnheard(event)
      const now = timeOf(clock)
      const sent = Object.freeze({ ...event, at: new Date(typeof now === 'number' ? now : Date.now()), by })
      for (const listener of [...known]) call(listener, sent as never)
    },
  }

  /** An error that nobody listens to must not be lost: clients see only a status. One warning is enough to start listening. */
  function warnOfUnheard(event: EventMap[keyof EventMap]): void {
    if (!('operation' in event)) return
    const { code, operation, cause } = event
    if (warned.has(code)) return
    warned.add(code)
    process.emitWarning(
      `appgrant ${UNHEARD[code](operation)}: ${textOf(cause)}. Listen with events.on('outage') to see every such error; this warning is not repeated.`,
      { code: 'APPGRANT_OUTAGE', ...(cause instanceof Error && cause.stack && { detail: cause.stack }) },
    )
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

/** What happened, by the code of an `outage`. */
const UNHEARD: Readonly<Record<OutageCode, (operation: string) => string>> = {
  server_error: (operation) => `responded to ${operation} with 500`,
  clock_skew: () => 'rejects every call that depends on the time',
  store_unavailable: (operation) => `could not use the store (${operation})`,
  outcome_unknown: (operation) => `does not know whether the store has written (${operation})`,
  directory_unavailable: (operation) => `could not ask the account directory (${operation})`,
  clock_unavailable: () => 'could not read the clock of the host',
  signing_unavailable: () => 'could not sign an access token',
  claims_unavailable: () => 'got no claims from the host',
  legacy_secret_unavailable: () => 'could not have a secret checked by verifyLegacySecret',
}

/** Any value can be thrown, and converting it to a string may throw again. */
function textOf(error: unknown): string {
  try {
    return String(error)
  } catch {
    return `a thrown ${typeof error}`
  }
}
