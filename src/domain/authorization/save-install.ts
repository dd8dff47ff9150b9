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
 * install that was withdrawn, has expired or belongs to another epoch is replaced.
 */
export type SaveInstall = (
  app: LiveApp,
  approval: {
    readonly actor: Actor & { readonly account: string }
    readonly scope: readonly string[]
    readonly epoch: string | undefined
    readonly endsAt: number
  },
) => Promise<LiveInstall>

export function createSaveInstall(parts: {
  readonly collection: Collection
  readonly clock: () => number
  readonly stamp: () => string
}): SaveInstall {
  const { collection, clock, stamp } = parts

  return async (app, { actor, scope, epoch, endsAt }) => {
    const { account } = actor
    // Write the index entry first: it may refer to nothing, but no install may be missing from the index.
    const entry = { app: app.key, account }
    const saveEntry = () =>
      collection.write(installIndexKind, installIndexRef(entry), (known) => ({
        ...entry,
        expiresAt: Math.max(known?.expiresAt ?? 0, endsAt),
      }))
    await saveEntry()
    const id = installId(app, account)
    const written = await collection.write<StoredInstall>(
      installKind,
      installRef({ app: app.key, install: id }),
      (known) => {
        const current = known?.state === 'live' && known.epoch === epoch ? known : undefined
        return {
          state: 'live',
          id,
          app: app.key,
          account,
          ...(epoch !== undefined && { epoch }),
          installedAt: current?.installedAt ?? clock(),
          approvedBy: current?.approvedBy ?? actor,
          ...(current?.lastUsedDay !== undefined && { lastUsedDay: current.lastUsedDay }),
          scope: [...new Set([...(current?.scope ?? []), ...scope])],
          stamp: current?.stamp ?? stamp(),
          tokenStamp: current?.tokenStamp ?? stamp(),
          expiresAt: Math.max(known?.expiresAt ?? 0, endsAt),
        }
      },
    )
    // It may have been freed meanwhile, because the account was erased (ACC-9).
    const isListed = await collection.load(installIndexKind, installIndexRef(entry))
    if (!isListed || isListed.isFreed) await saveEntry()
    return written as LiveInstall
  }
}
