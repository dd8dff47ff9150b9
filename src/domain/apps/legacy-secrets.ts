import { createDeadline } from '../../base/deadline.ts'
import { AppGrantError } from '../../base/errors.ts'
import type { Emitter, EventSource } from '../../base/events.ts'
import { sanitizeError } from '../../base/sanitize-error.ts'
import { digestOf } from '../../credentials/digest.ts'
import { appKind, appRef, type HashedSecret, type LiveApp, type StoredApp, secretsOf } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import * as transitions from './app-transitions.ts'
import type { FailureLimiter } from './failure-limiter.ts'

/** Checks that run at once in this process. They are slow on purpose, so everything else would wait for more of them. */
const MAX_AT_ONCE = 4
const TIMEOUT_MS = 5000
/** A check that takes longer is taken for one that never ends, and does not count as running any more. */
const ABANDONED_MS = 60_000
/** bcrypt reads no more bytes: whatever begins with those of a longer secret would be accepted. */
const BCRYPT_BYTES = 72

/**
 * Checks a secret against what another server has stored of it: whether `presented` is the secret of which `text`, in that scheme, is
 * the hash. Compare in constant time, as the functions of password libraries do. It has 5 seconds.
 */
export type VerifyLegacySecret = (scheme: string, text: string, presented: string) => boolean | Promise<boolean>

/** What became of a check: `none` if the app has no such secret; the time to wait if it was not made, because others run or too many failed. */
export type LegacyVerdict = 'right' | 'wrong' | 'none' | { readonly retryAfterSeconds: number }

/** The secrets that another server has hashed (APP-10). */
export interface LegacySecrets {
  /**
   * Checks a presented secret, and puts its digest in the place of the hash if it is right. A failed attempt is counted before the
   * check, and taken back if it was none, or if the check failed.
   *
   * @throws {@link AppGrantError} `legacy_secret_unavailable`
   */
  verify(app: LiveApp, presented: string, source: EventSource): Promise<LegacyVerdict>
}

export function createLegacySecrets(parts: {
  readonly collection: Collection
  readonly events: Emitter
  readonly failures: FailureLimiter
  readonly verifyLegacySecret: VerifyLegacySecret | undefined
}): LegacySecrets {
  const { collection, events, failures, verifyLegacySecret } = parts
  const withinDeadline = createDeadline(TIMEOUT_MS)
  const abandoning = createDeadline(ABANDONED_MS)
  /** The apps whose secret is being checked. */
  const checking = new Set<string>()

  return {
    async verify(app, presented, { remoteAddress }) {
      const hashed = hashedSecrets(app).filter(({ legacy }) => canBeRead(legacy.text, presented))
      if (hashed.length === 0) return 'none'
      if (checking.has(app.key) || checking.size >= MAX_AT_ONCE) return { retryAfterSeconds: 1 }
      const failure = { key: app.key, remoteAddress }
      const retryAfterSeconds = failures.count(failure)
      if (retryAfterSeconds > 0) return { retryAfterSeconds }
      checking.add(app.key)
      const search = findRight(hashed, presented)
      // It may go on after the deadline, and is then still one of those that run.
      const ended = abandoning(
        () => search,
        (cause) => cause,
      )
      ended.catch(() => undefined).finally(() => checking.delete(app.key))
      const right = await withinDeadline(
        () => search,
        (cause) => {
          // Nobody knows whether it was one.
          failures.forgive(failure)
          return outage(cause, [presented, ...hashed.map(({ legacy }) => legacy.text)])
        },
      )
      if (!right) return 'wrong'
      failures.forgive(failure)
      await upgrade(app.key, right, presented)
      return 'right'
    },
  }

  async function findRight(hashed: readonly HashedSecret[], presented: string): Promise<HashedSecret | undefined> {
    if (!verifyLegacySecret) throw new TypeError('the option verifyLegacySecret is missing')
    for (const secret of hashed) {
      const { scheme, text } = secret.legacy
      const isRight: unknown = await verifyLegacySecret(scheme, text, presented)
      if (typeof isRight !== 'boolean') throw new TypeError('verifyLegacySecret: expected true or false')
      if (isRight) return secret
    }
    return undefined
  }

  /** The app has authenticated, so it may write (ERR-5). If that fails, the next login checks again. */
  async function upgrade(key: string, { id }: HashedSecret, presented: string): Promise<void> {
    const digest = digestOf(presented)
    try {
      await collection.write<StoredApp>(appKind, appRef(key), (app) =>
        app?.state === 'live' ? transitions.digestSecret(app, { id, digest }) : undefined,
      )
    } catch {
      // The secret is right all the same.
    }
  }

  function outage(error: unknown, secrets: readonly string[]): AppGrantError {
    const code = 'legacy_secret_unavailable'
    const sanitized = sanitizeError(error)
    const shown = textOf(sanitized)
    const isSafe = secrets.every((secret) => !shown.includes(secret))
    const cause = isSafe ? sanitized : new Error('the error is not shown, because it contained the secret or its hash')
    events.emit('outage', {}, { code, operation: 'verifyLegacySecret', cause })
    const message = 'the service is temporarily unavailable'
    const hint =
      'The option verifyLegacySecret is missing, failed, took more than 5 seconds or returned neither true nor false. See the cause.'
    return new AppGrantError(code, { message, hint, cause })
  }
}

/** Everything that is shown of an error, and of those that caused it. */
function textOf({ message, stack, cause }: Error): string {
  return `${stack}${message}${cause instanceof Error ? textOf(cause) : ''}`
}

function hashedSecrets(app: LiveApp): readonly HashedSecret[] {
  return secretsOf(app).filter((secret) => 'legacy' in secret)
}

/** Whether the hash depends on every byte of what is presented. */
function canBeRead(text: string, presented: string): boolean {
  const isBcrypt = /^(\{bcrypt\}|bcrypt\$)?\$2[abxy]?\$/.test(text)
  return !isBcrypt || (Buffer.byteLength(presented) < BCRYPT_BYTES && !presented.includes('\0'))
}
