import type { Actor } from '../base/events.ts'
import type { CheckedFields, LiveApp, StoredSecret } from '../records/app.ts'

/**
 * What each act does to an app: one new version of one record (REV-1). Nothing else is written, whatever the app holds,
 * because tokens, codes and sessions work only while they carry the app's present stamps (REV-2).
 */

/** How many removed secret ids an app remembers. */
const REMEMBERED_SECRETS = 4

/** The highest rank: the host's own. The owner has 0, each ancestor one more. */
export const HOST_RANK = Number.POSITIVE_INFINITY

/** How high the account that suspended the app stands now. Who is no ancestor any more stands just below the host (REV-5). */
export function rankOfMark({ suspended }: LiveApp, rankOf: (account: string) => number): number {
  if (!suspended) return -1
  if (suspended.by.account === undefined) return HOST_RANK
  const rank = rankOf(suspended.by.account)
  return rank >= 0 ? rank : Number.MAX_VALUE
}

/** A higher authority raises the mark; a lower one leaves it as it is. */
export function suspend(
  app: LiveApp,
  mark: { readonly at: number; readonly by: Actor },
  outranksMark: boolean,
): LiveApp {
  return outranksMark ? { ...app, suspended: mark } : app
}

export function resume({ suspended: _, ...app }: LiveApp): LiveApp {
  return app
}

/** Every secret and key gives way, and everything the app holds dies. The owner's present epoch is stamped on it (ACC-7). */
export function renew(
  app: LiveApp,
  by: { credentials: Pick<LiveApp, 'secrets' | 'keys'>; stamp: string; epoch: string | undefined },
): LiveApp {
  const { epoch: _, ...rest } = app
  return {
    ...rest,
    ...(by.epoch !== undefined && { epoch: by.epoch }),
    ...by.credentials,
    removedSecretIds: remember(app, app.secrets),
    generation: by.stamp,
  }
}

export function addSecret(app: LiveApp, secret: StoredSecret): LiveApp {
  return { ...app, secrets: [...app.secrets, secret] }
}

export function removeSecret(app: LiveApp, secretId: string): LiveApp {
  const gone = app.secrets.filter((secret) => secret.id === secretId)
  const secrets = app.secrets.filter((secret) => secret.id !== secretId)
  return { ...app, secrets, removedSecretIds: remember(app, gone) }
}

export function revokeTokens(app: LiveApp, stamp: string): LiveApp {
  return { ...app, generation: stamp }
}

/** Ends every token, of both kinds, that acts for the owner. */
export function removeOwnTokens(app: LiveApp, stamp: string): LiveApp {
  return { ...app, ownGeneration: stamp }
}

/** Switched off, the app-only tokens die; those of users stay. */
export function setTrusted(app: LiveApp, trusted: boolean, stamp: string): LiveApp {
  return { ...app, trusted, ...(!trusted && { trustGeneration: stamp }) }
}

export function setPublished(app: LiveApp, published: boolean): LiveApp {
  return { ...app, published }
}

export function setResourceServer({ resourceServer: _, ...app }: LiveApp, identifier: string | undefined): LiveApp {
  return identifier === undefined ? app : { ...app, resourceServer: identifier }
}

/** A redirect URL that stays keeps its stamp; the codes bound to one that goes die with it, also if it comes back. */
export function update(app: LiveApp, fields: CheckedFields, createStamp: () => string): LiveApp {
  const stampOf = new Map(app.fields.redirectUrls.map((url, at) => [url, app.redirectStamps[at]]))
  return { ...app, fields, redirectStamps: fields.redirectUrls.map((url) => stampOf.get(url) ?? createStamp()) }
}

function remember(app: LiveApp, gone: readonly StoredSecret[]): readonly string[] {
  return [...gone.map((secret) => secret.id), ...app.removedSecretIds].slice(0, REMEMBERED_SECRETS)
}
