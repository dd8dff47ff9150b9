import { digestOf } from '../../credentials/digest.ts'
import type { RecordRef } from '../../records/collection.ts'
import { idInput, invalidRequest, objectInput } from '../input/input.ts'
import type { StrictVerifier } from './strict-verifier.ts'
import { type Access, checkAudience, type Verification, type Verifier, type VerifyOptions } from './verification.ts'

const MAX_STALENESS_MS = 300_000
/** Acceptances kept at most; the oldest give way. */
const MAX_ENTRIES = 50_000

interface Entry {
  readonly access: Access
  readonly refs: readonly RecordRef[]
  /** When the read was sent that this rests on: by the process's clock, and by one that never jumps. */
  readonly sentAt: number
  readonly sentAtSteady: number
}

/** Caches acceptances; change hints evict them early. */
export interface CachingVerifier extends Verifier {
  /** Stops listening for hints. */
  close(): Promise<void>
}

/**
 * Caches acceptances for callers that allow staleness. An entry is valid until its read was sent `maxStalenessMs` ago by either
 * clock, so that a jump of one of them never makes it valid for longer, and never after the token expires.
 */
export function createCachingVerifier(
  strict: StrictVerifier,
  parts: {
    readonly watch: ((changed: (ref: RecordRef) => void) => Promise<() => Promise<void>>) | undefined
    /** Longer than any token. A longer string is malformed and is not hashed. */
    readonly maxLength: number
    readonly clock: () => number
    readonly steadyClock: () => number
  },
): CachingVerifier {
  const { maxLength, clock, steadyClock } = parts
  const entries = new Map<string, Entry>()
  // Which entries rest on a record.
  const entriesByRecord = new Map<string, Set<string>>()
  let listening: Promise<(() => Promise<void>) | undefined> | undefined

  return {
    verify: (accessToken, options) =>
      options === undefined ? strict.verify(accessToken) : rememberingVerify(accessToken, options),
    async close() {
      const stop = await listening
      await stop?.()
    },
  }

  /** Not an async function, so that a cached acceptance is returned without an extra promise. */
  function rememberingVerify(accessToken: string, options: VerifyOptions): Promise<Verification> {
    const maxStalenessMs = stalenessInput(objectInput(options, 'options').maxStalenessMs)
    const audience = options.audience === undefined ? undefined : idInput(options.audience, 'audience')
    if (maxStalenessMs === 0 || typeof accessToken !== 'string' || accessToken.length > maxLength)
      return strict.verify(accessToken).then((verification) => checkAudience(audience, verification))
    const name = digestOf(accessToken)
    const known = entries.get(name)
    if (known && isFresh(known, maxStalenessMs)) return Promise.resolve(checkAudience(audience, copyOf(known.access)))
    return fillingVerify(accessToken, name, audience)
  }

  async function fillingVerify(accessToken: string, name: string, audience: string | undefined): Promise<Verification> {
    listening ??= listen()
    const sent = { sentAt: clock(), sentAtSteady: steadyClock() }
    let refs: readonly RecordRef[] = []
    const verification = await strict.verify(accessToken, (places) => {
      refs = places
    })
    forget(name)
    if (!verification.ok) return verification
    remember(name, { access: verification, refs, ...sent })
    return checkAudience(audience, copyOf(verification))
  }

  function isFresh({ sentAt, sentAtSteady, access }: Entry, maxStalenessMs: number): boolean {
    const now = clock()
    const age = Math.max(now - sentAt, steadyClock() - sentAtSteady)
    return now >= sentAt && age < maxStalenessMs && now < access.expiresAt.getTime()
  }

  function remember(name: string, entry: Entry): void {
    entries.set(name, entry)
    for (const ref of entry.refs) {
      const key = keyOf(ref)
      entriesByRecord.set(key, (entriesByRecord.get(key) ?? new Set()).add(name))
    }
    const [oldest] = entries.keys()
    if (entries.size > MAX_ENTRIES && oldest !== undefined) forget(oldest)
  }

  function forget(name: string): void {
    for (const ref of entries.get(name)?.refs ?? []) {
      const names = entriesByRecord.get(keyOf(ref))
      names?.delete(name)
      if (names?.size === 0) entriesByRecord.delete(keyOf(ref))
    }
    entries.delete(name)
  }

  /** Hints may come late or never: without them entries just grow old. */
  async function listen(): Promise<(() => Promise<void>) | undefined> {
    try {
      return await parts.watch?.((ref) => {
        for (const name of entriesByRecord.get(keyOf(ref)) ?? []) forget(name)
      })
    } catch {
      listening = undefined
      return undefined
    }
  }
}

/** Every caller gets its own copy, so that changes to it do not affect others. */
function copyOf(access: Access): Access {
  const { app } = access
  return {
    ok: true,
    kind: access.kind,
    app: { key: app.key, name: app.name, owner: app.owner },
    account: access.account,
    scope: [...access.scope],
    audience: [...access.audience],
    tokenId: access.tokenId,
    issuedAt: new Date(access.issuedAt.getTime()),
    expiresAt: new Date(access.expiresAt.getTime()),
  }
}

function keyOf({ kind, partition, id }: RecordRef): string {
  return `${kind} ${partition} ${id}`
}

function stalenessInput(value: unknown): number {
  if (value === undefined) return 0
  if (typeof value !== 'number' || !(value >= 0 && value <= MAX_STALENESS_MS)) {
    throw invalidRequest('maxStalenessMs', `a number from 0 to ${MAX_STALENESS_MS}`, value)
  }
  return value
}
