import type { Actor } from '../base/events.ts'
import type { LiveApp } from '../records/app.ts'
import type { Collection } from '../records/collection.ts'
import {
  installId,
  installKind,
  installRef,
  type LiveInstall,
  pointerKind,
  pointerRef,
  type StoredInstall,
} from '../records/install.ts'

/** Stores that an account authorised an app. */
export interface Installing {
  /**
   * Creates the install of (app, account), or extends it and keeps its stamps, so that existing sessions continue to work. An
   * install that was withdrawn, has expired or belongs to another epoch is replaced.
   */
  install(
    app: LiveApp,
    of: {
      readonly by: Actor & { readonly account: string }
      readonly scope: readonly string[]
      readonly epoch: string | undefined
      readonly endsAt: number
    },
  ): Promise<LiveInstall>
}

export function createInstalling(parts: {
  readonly collection: Collection
  readonly clock: () => number
  readonly stamp: () => string
}): Installing {
  const { collection, clock, stamp } = parts

  return {
    async install(app, { by, scope, epoch, endsAt }) {
      const { account } = by
      // Write the index entry first: it may refer to nothing, but no install may be missing from the index.
      const pointer = { app: app.key, account }
      await collection.write(pointerKind, pointerRef(pointer), (known) => ({
        ...pointer,
        expiresAt: Math.max(known?.expiresAt ?? 0, endsAt),
      }))
      const id = installId(app, account)
      const written = await collection.write<StoredInstall>(
        installKind,
        installRef({ app: app.key, install: id }),
        (known) => {
          const kept = known?.state === 'live' && known.epoch === epoch ? known : undefined
          return {
            state: 'live',
            id,
            app: app.key,
            account,
            ...(epoch !== undefined && { epoch }),
            installedAt: kept?.installedAt ?? clock(),
            permittedBy: kept?.permittedBy ?? by,
            scope: [...new Set([...(kept?.scope ?? []), ...scope])],
            generation: kept?.generation ?? stamp(),
            tokenGeneration: kept?.tokenGeneration ?? stamp(),
            expiresAt: Math.max(known?.expiresAt ?? 0, endsAt),
          }
        },
      )
      return written as LiveInstall
    },
  }
}
