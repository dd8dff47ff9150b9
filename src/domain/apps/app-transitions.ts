import type { Actor } from '../../base/events.ts'
import {
  type AppLifetimes,
  type CheckedFields,
  type LiveApp,
  type StoredCredentials,
  type StoredSecret,
  secretsOf,
} from '../../records/app.ts'

/**
 * Each operation on an app is one new version of one record (REV-1). Nothing else is written, whatever the app holds, because
 * tokens, codes and sessions work only while they carry the app's current stamps (REV-2).
 */

/** How many removed secret ids an app remembers. */
const REMEMBERED_SECRETS = 4

/** The rank of the host, the highest. The owner has 0, each ancestor one more. */
export const HOST_RANK = Number.POSITIVE_INFINITY

/** The current rank of the suspending authority. An account that is no longer an ancestor ranks just below the host (REV-5). */
export function suspensionRank({ suspended }: LiveApp, rankOf: (account: string) => number): number {
  if (!suspended) return -1
  if (suspended.by.account === undefined) return HOST_RANK
  const rank = rankOf(suspended.by.account)
  return rank >= 0 ? rank : Number.MAX_VALUE
}

/** A higher authority replaces the suspension; a lower one leaves it unchanged. */
export function suspend(
  app: LiveApp,
  suspension: { readonly at: number; readonly by: Actor },
  outranks: boolean,
): LiveApp {
  return outranks ? { ...app, suspended: suspension } : app
}

export function resume({ suspended: _, ...app }: LiveApp): LiveApp {
  return app
}

/** Replaces every secret and key, and revokes everything the app holds. The app gets the owner's current epoch (ACC-7). */
export function replaceCredentials(
  app: LiveApp,
  replacement: { credentials: StoredCredentials; stamp: string; epoch: string | undefined },
): LiveApp {
  const { epoch: _, ...rest } = app
  return {
    ...rest,
    ...(replacement.epoch !== undefined && { epoch: replacement.epoch }),
    credentials: replacement.credentials,
    removedSecretIds: remember(app, secretsOf(app)),
    stamp: replacement.stamp,
  }
}

export function addSecret(app: LiveApp, secret: StoredSecret): LiveApp {
  return { ...app, credentials: { type: 'secrets', secrets: [...secretsOf(app), secret] } }
}

export function removeSecret(app: LiveApp, secretId: string): LiveApp {
  const removed = secretsOf(app).filter((secret) => secret.id === secretId)
  if (removed.length === 0) return app
  const secrets = secretsOf(app).filter((secret) => secret.id !== secretId)
  return { ...app, credentials: { type: 'secrets', secrets }, removedSecretIds: remember(app, removed) }
}

/** Puts the digest of a secret in the place of what another server had hashed. Undefined if that is not there any more. */
export function digestSecret(app: LiveApp, { id, digest }: { id: string; digest: string }): LiveApp | undefined {
  const secrets = secretsOf(app)
  if (!secrets.some((secret) => secret.id === id && 'legacy' in secret)) return undefined
  const digested = secrets.map((secret) => (secret.id === id ? { id, digest, createdAt: secret.createdAt } : secret))
  return { ...app, credentials: { type: 'secrets', secrets: digested } }
}

export function revokeTokens(app: LiveApp, stamp: string): LiveApp {
  return { ...app, stamp }
}

/** Revokes every token, of both kinds, that acts for the owner. */
export function removeOwnerTokens(app: LiveApp, stamp: string): LiveApp {
  return { ...app, ownerStamp: stamp }
}

/** Switching trust off revokes the app-only tokens and keeps those of users. */
export function setTrusted(app: LiveApp, trusted: boolean, stamp: string): LiveApp {
  return { ...app, trusted, ...(!trusted && { trustStamp: stamp }) }
}

export function setPublished(app: LiveApp, published: boolean): LiveApp {
  return { ...app, published }
}

export function setResourceServer({ resourceServer: _, ...app }: LiveApp, identifier: string | undefined): LiveApp {
  return identifier === undefined ? app : { ...app, resourceServer: identifier }
}

/** Without any, the app has those of the host again. @param hadNoEnd - whether its sessions have had no end until now. */
export function setLifetimes({ lifetimes: _, ...app }: LiveApp, lifetimes: AppLifetimes, hadNoEnd: boolean): LiveApp {
  const own = Object.keys(lifetimes).length > 0 && { lifetimes }
  return { ...app, ...own, ...(hadNoEnd && { hadNoEnd }) }
}

/** A kept redirect URL keeps its stamp. Removing one revokes the codes bound to it, even if it is added again. */
export function update(app: LiveApp, fields: CheckedFields, createStamp: () => string): LiveApp {
  const stampOf = new Map(app.fields.redirectUrls.map((url, at) => [url, app.redirectStamps[at]]))
  return { ...app, fields, redirectStamps: fields.redirectUrls.map((url) => stampOf.get(url) ?? createStamp()) }
}

function remember(app: LiveApp, removed: readonly StoredSecret[]): readonly string[] {
  return [...removed.map((secret) => secret.id), ...app.removedSecretIds].slice(0, REMEMBERED_SECRETS)
}
