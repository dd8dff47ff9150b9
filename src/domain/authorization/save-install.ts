import type { Actor } from '../../base/events.ts'
import type { LiveApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import {
  installId,
  installIndexKind,
  installIndexRef,
  installKind,
  installRef,
  type LiveInstall,
  type StoredInstall,
} from '../../records/install.ts'

/**
 * Creates the install of (app, account), or extends it and keeps its stamps, so that existing sessions continue to work. An
 * install that was withdrawn, has expired or belongs to another epoch is replaced, unless the install must have `installStamp`:
 * then it writes nothing and returns undefined. With `newStamp`, the install is new and gets this stamp, or has it from an earlier
 * attempt: if another one was there, even if it was withdrawn, it writes nothing and returns undefined.
 */
export type SaveInstall = (
  app: LiveApp,
  approval: {
    readonly actor: Actor & { readonly account: string }
    readonly scope: readonly string[]
    readonly audience: readonly string[] | undefined
    readonly epoch: string | undefined
    readonly endsAt: number
    readonly installStamp?: string | undefined
    readonly newStamp?: string | undefined
    /** When a new install was approved and last used on another server. Default is now, and never. */
    readonly before?: { readonly installedAt: number; readonly lastUsedDay: number | undefined } | undefined
  },
) => Promise<LiveInstall | undefined>

export function createSaveInstall(parts: {
  readonly collection: Collection
  readonly clock: () => number
  readonly stamp: () => string
}): SaveInstall {
  const { collection, clock, stamp } = parts

  return async (app, { actor, scope, audience, epoch, endsAt, installStamp, newStamp, before }) => {
    const { account } = actor
    const id = installId(app, account)
    const written = await collection.write<StoredInstall>(
      installKind,
      installRef({ app: app.key, install: id }),
      (known, isExpired) => {
        const current = known?.state === 'live' && known.epoch === epoch && !isExpired ? known : undefined
        if (installStamp !== undefined && current?.stamp !== installStamp) return undefined
        if (newStamp !== undefined && known && current?.stamp !== newStamp) return undefined
        const { lastUsedDay } = current ?? before ?? {}
        const resources = united(current?.audience, audience)
        return {
          state: 'live',
          id,
          app: app.key,
          account,
          ...(epoch !== undefined && { epoch }),
          installedAt: current?.installedAt ?? before?.installedAt ?? clock(),
          approvedBy: current?.approvedBy ?? actor,
          ...(lastUsedDay !== undefined && { lastUsedDay }),
          scope: united(current?.scope, scope) ?? [],
          ...(resources && { audience: resources }),
          stamp: current?.stamp ?? newStamp ?? stamp(),
          tokenStamp: current?.tokenStamp ?? stamp(),
          expiresAt: Math.max(current?.expiresAt ?? 0, endsAt),
        }
      },
    )
    if (written?.state !== 'live') return undefined
    // Nothing uses the install before this resolves, so what the app holds is never missing from the index.
    const entry = { app: app.key, account }
    await collection.write(installIndexKind, installIndexRef(entry), (known) => ({
      ...entry,
      expiresAt: Math.max(known?.expiresAt ?? 0, endsAt),
    }))
    return written
  }
}

function united(
  one: readonly string[] | undefined,
  other: readonly string[] | undefined,
): readonly string[] | undefined {
  return one || other ? [...new Set([...(one ?? []), ...(other ?? [])])] : undefined
}
