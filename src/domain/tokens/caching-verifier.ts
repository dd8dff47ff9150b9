import { createBoundedMap } from '../../base/bounded-map.ts'
import { once } from '../../base/once.ts'
import { ownText } from '../../base/own-text.ts'
import { digestOf } from '../../credentials/digest.ts'
import type { RecordRef } from '../../records/collection.ts'
import { flagInput, idInput, invalidRequest } from '../input/input.ts'
import type { StrictVerifier } from './strict-verifier.ts'
import {
  type Access,
  assertVerifyOptions,
  checkFit,
  isStaleness,
  MAX_STALENESS_MS,
  STALENESS,
  type Verification,
  type Verifier,
  type VerifyOptions,
  verifierOf,
} from './verification.ts'

/** How much is remembered: about 40,000 acceptances of the usual size. */
const MAX_REMEMBERED_BYTES = 64 * 1024 * 1024

interface Entry {
  readonly access: Access
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
    /** No acceptance is returned that is older, whatever the caller allows. */
    readonly maxStalenessMs: () => number
    /** Longer than any token. A longer string is malformed and is not hashed. */
    readonly maxLength: number
    readonly clock: () => number
    readonly steadyClock: () => number
  },
): CachingVerifier {
  const { maxLength, clock, steadyClock } = parts
  // By the digests of tokens, tagged with the records that they rest on.
  const entries = createBoundedMap<Entry>({
    maxBytes: MAX_REMEMBERED_BYTES,
    age: { maxMs: MAX_STALENESS_MS, clock: steadyClock },
  })
  let listening: Promise<(() => Promise<void>) | undefined> | undefined
  // Hints may come late or never: without them entries just grow old.
  const listen = once(async () =>
    parts.watch?.((ref) => {
      entries.deleteTagged(keyOf(ref))
    }),
  )

  return {
    ...verifierOf((accessToken, options) => {
      if (options === undefined) return strict.verify(accessToken).then(fitting)
      try {
        return rememberingVerify(accessToken, options)
      } catch (error) {
        return Promise.reject(error)
      }
    }),
    async close() {
      const stop = await listening
      await stop?.()
    },
  }

  /** Not an async function, so that a cached acceptance is returned without an extra promise. */
  function rememberingVerify(accessToken: string, options: VerifyOptions): Promise<Verification> {
    assertVerifyOptions(options)
    const { maxStalenessMs: allowed = 0 } = options
    if (!isStaleness(allowed)) throw invalidRequest('maxStalenessMs', STALENESS, allowed)
    const maxStalenessMs = Math.min(allowed, parts.maxStalenessMs())
    const fit = {
      audience: options.audience === undefined ? undefined : idInput(options.audience, 'audience'),
      acceptBound: options.acceptBound !== undefined && flagInput(options.acceptBound, 'acceptBound'),
    }
    if (maxStalenessMs === 0 || typeof accessToken !== 'string' || accessToken.length > maxLength)
      return strict.verify(accessToken).then((verification) => checkFit(verification, fit))
    const name = digestOf(accessToken)
    const known = entries.get(name)
    if (known && isFresh(known, maxStalenessMs)) return Promise.resolve(checkFit(copyOf(known.access), fit))
    return fillingVerify(accessToken, name, fit)
  }

  async function fillingVerify(accessToken: string, name: string, fit: Fit): Promise<Verification> {
    listening = listen().catch(() => undefined)
    const sent = { sentAt: clock(), sentAtSteady: steadyClock() }
    let refs: readonly RecordRef[] = []
    const verification = await strict.verify(accessToken, (places) => {
      refs = places
    })
    entries.delete(name)
    if (!verification.ok) return verification
    const access = kept(verification)
    const tags = refs.map(keyOf)
    entries.set(name, { access, ...sent }, { bytes: bytesOf(access, tags), tags })
    return checkFit(verification, fit)
  }

  function isFresh({ sentAt, sentAtSteady, access }: Entry, maxStalenessMs: number): boolean {
    const now = clock()
    const age = Math.max(now - sentAt, steadyClock() - sentAtSteady)
    return now >= sentAt && age < maxStalenessMs && now < access.expiresAt.getTime()
  }
}

type Fit = Pick<VerifyOptions, 'audience' | 'acceptBound'>

/** What a caller without options accepts. */
const fitting = (verification: Verification) => checkFit(verification)

/** Every caller gets its own copy, so that changes to it do not affect others. */
function copyOf(access: Access): Access {
  const { app, scope, audience, issuedAt, expiresAt, authenticatedAt, claims } = access
  return {
    ...access,
    app: { ...app },
    scope: [...scope],
    audience: [...audience],
    issuedAt: new Date(issuedAt.getTime()),
    expiresAt: new Date(expiresAt.getTime()),
    ...(authenticatedAt && { authenticatedAt: new Date(authenticatedAt.getTime()) }),
    ...(claims && { claims: structuredClone(claims) }),
  }
}

/** What is kept of an acceptance: nothing of the token that was presented. */
function kept(access: Access): Access {
  const [tokenId, scope] = [ownText(access.tokenId), access.scope.map(ownText)]
  return { ...copyOf(access), tokenId, scope }
}

/** About how much an entry takes, rather too much. Texts of the host and of apps may take two bytes a character. */
function bytesOf({ app, account, scope, audience, acr, jkt, claims }: Access, tags: readonly string[]): number {
  let bytes =
    800 + 300 * tags.length + 2 * (app.name.length + app.owner.length + account.length) + (app.importedKey?.length ?? 0)
  if (acr !== undefined) bytes += 2 * acr.length
  if (jkt !== undefined) bytes += 80
  if (claims) bytes += 4 * JSON.stringify(claims).length
  for (const one of scope) bytes += 32 + one.length
  for (const one of audience) bytes += 32 + 2 * one.length
  return bytes
}

function keyOf({ kind, partition, id }: RecordRef): string {
  return `${kind} ${partition} ${id}`
}
