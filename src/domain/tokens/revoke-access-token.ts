import type { Emitter, EventSource } from '../../base/events.ts'
import { digestOf, sameDigest } from '../../credentials/digest.ts'
import type { LiveApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import { installKind, installRef } from '../../records/install.ts'
import { sessionKind, sessionRef } from '../../records/session.ts'
import { appOnlyTokens, removedToken, type StoredToken, tokenKind, tokenRef, userTokens } from '../../records/token.ts'
import type { AccessTokenParts, PresentedToken } from './token-reader.ts'

/** Revokes access tokens that are presented. */
export interface AccessTokenRevocation {
  /** Whether the token was issued, to any app. */
  isGenuine(presented: PresentedToken): Promise<boolean>
  /**
   * Revokes a genuine token of that app; nothing is written for any other text.
   *
   * @returns the account for which it was valid; undefined if it gave nothing any more.
   */
  revoke(app: LiveApp, presented: PresentedToken, source: EventSource): Promise<string | undefined>
}

export function createAccessTokenRevocation({
  collection,
  events,
}: {
  readonly collection: Collection
  readonly events: Emitter
}): AccessTokenRevocation {
  const isOf = (token: StoredToken | undefined, { credential }: PresentedToken): token is StoredToken =>
    token !== undefined && sameDigest(token.digest, digestOf(credential))

  return {
    async isGenuine(presented) {
      return isOf(await collection.load(tokenKind, tokenRef(presented.parsed)), presented)
    },
    async revoke(app, presented, source) {
      const { parsed } = presented
      const holder = await holderOf(app, parsed)
      let wasValid = false
      const removed = await collection.write(tokenKind, tokenRef(parsed), (token, isExpired) => {
        if (!isOf(token, presented)) return undefined
        wasValid = token.state === 'live' && token.group === holder?.group && !isExpired
        return removedToken(token)
      })
      // A token that gave nothing any more was not revoked by this.
      if (!removed || !holder || !wasValid) return undefined
      const { account } = holder
      events.emit('token', {}, { change: 'removed', app: app.key, account, tokenIds: [removed.id], ...source })
      return account
    },
  }

  /** The account for which a token is valid, and the group that it must be in; undefined if its install or session has ended. */
  async function holderOf(
    app: LiveApp,
    token: AccessTokenParts,
  ): Promise<{ readonly account: string; readonly group: string } | undefined> {
    if (!('install' in token)) return { account: app.owner, group: appOnlyTokens(app).group }
    const [installRecord, sessionRecord] = await collection.get([installRef(token), sessionRef(token)])
    const install = installRecord && collection.unpack(installKind, installRecord)
    const isOpen = sessionRecord && sessionKind.unpack(sessionRecord).state === 'open'
    if (install?.state !== 'live' || !isOpen) return undefined
    return { account: install.account, group: userTokens(app, install).group }
  }
}
