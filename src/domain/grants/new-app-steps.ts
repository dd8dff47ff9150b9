import type { Emitter } from '../../base/events.ts'
import type { LiveInstall } from '../../records/install.ts'
import type { Session } from '../../records/session.ts'
import type { StoreApp } from '../apps/store-app.ts'
import type { SaveInstall } from '../authorization/save-install.ts'
import type { Presented, UsableOpen } from './presented.ts'

/** Registers the app that only a session has. */
export interface NewAppSteps {
  /**
   * Stores the app and its install. Every attempt stores the same ones, and gives the app nothing before the session has reached its
   * next stage: an attempt that failed at any of its writes is completed by the next.
   *
   * @returns the install.
   * @throws {@link AppGrantError} `app_limit_reached`, or the error of the grant if the app was removed, or the install withdrawn.
   */
  register(presented: Presented, found: UsableOpen): Promise<LiveInstall>
}

export function createNewAppSteps(parts: {
  readonly storeApp: StoreApp
  readonly saveInstall: SaveInstall
  readonly events: Emitter
}): NewAppSteps {
  const { storeApp, saveInstall, events } = parts

  return {
    async register({ grant }, { session, hasNoInstall, install: { account, approvedBy, epoch, stamp } }) {
      const { newApp: app, scope, audience, endsAt } = session
      const stored = app && (await storeApp(app))
      if (!app || stored === 'taken') throw grant.invalid('revoked')
      // Also at the repeat of an attempt that does not know what it has stored, and has raised no event.
      if (stored === 'stored' || hasNoInstall)
        events.emit('app', approvedBy, {
          change: 'registered',
          app: app.key,
          ...(app.origin && { origin: app.origin }),
        })
      const actor = { ...approvedBy, account }
      const install = await saveInstall(app, { actor, scope, audience, epoch, endsAt, newStamp: stamp })
      if (!install) throw grant.invalid('revoked')
      if (hasNoInstall) events.emit('install', actor, { change: 'approved', app: app.key, account })
      return install
    },
  }
}

/** The install that an approval of a new app leads to; undefined if the app is not new. */
export function newInstallOf(session: Session): LiveInstall | undefined {
  if (session.state !== 'open' || !session.newApp || !session.decided) return undefined
  const { install, newApp, scope, audience, endsAt, decided } = session
  const { account, login, epoch } = decided.consentRequest
  return {
    ...install,
    state: 'live',
    app: newApp.key,
    account,
    ...(epoch !== undefined && { epoch }),
    installedAt: decided.at,
    approvedBy: { account, ...(login !== undefined && { login }) },
    scope,
    ...(audience && { audience }),
    tokenStamp: '',
    expiresAt: endsAt,
  }
}
