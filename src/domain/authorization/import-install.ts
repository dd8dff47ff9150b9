import type { Emitter } from '../../base/events.ts'
import { macOf } from '../../credentials/digest.ts'
import type { RandomText } from '../../credentials/random.ts'
import { WIDTH } from '../../credentials/token-format.ts'
import type { LiveApp } from '../../records/app.ts'
import { type Collection, hasExpired } from '../../records/collection.ts'
import {
  installId,
  installIndexKind,
  installIndexRef,
  installKind,
  installRef,
  type LiveInstall,
} from '../../records/install.ts'
import {
  type LegacyRefreshToken,
  legacyRefreshTokenKind,
  legacyRefreshTokenRef,
} from '../../records/legacy-refresh-token.ts'
import { conflict, type Retries } from '../../records/retries.ts'
import { FIRST_REFRESH, type OpenSession, type Session, sessionKind, sessionRef, tagOf } from '../../records/session.ts'
import type { ImportError } from '../apps/imported-app.ts'
import type { CheckedInstall, CheckedRefreshToken, Imported, ImportInstall } from '../apps/imported-install.ts'
import { absoluteEnd, type Lifetimes, LONGEST_MS, refreshIdleMs } from '../input/lifetimes.ts'
import type { SaveInstall } from './save-install.ts'

/** What is there of an install to import. */
interface Found {
  readonly legacy: LegacyRefreshToken | undefined
  /** `ended`: something is there that no import brings back. */
  readonly install: LiveInstall | 'ended' | undefined
  /** Whether the account finds the install. */
  readonly isIndexed: boolean
}

const ENDED = refused(
  'account',
  'install_ended',
  'an authorization that has not ended here',
  'one that the account must renew',
)
const TOKEN_IN_USE = refused('refreshToken.text', 'token_in_use', 'a token of its own', 'one of another app or account')

/**
 * Imports what an account has authorized an app to do (APP-10): the install, then the session with the refresh token as its current
 * credential, then what leads from the token to the session. Until that is there, nobody finds the session. Its id is derived from the
 * token, so a repeat after a crash in between finds it. From then on it is a session like any other: what revokes it needs to know
 * nothing of imports.
 */
export function createImportInstall(parts: {
  readonly collection: Collection
  readonly saveInstall: SaveInstall
  readonly events: Emitter
  readonly random: RandomText
  readonly stamp: () => string
  readonly retries: Retries
  readonly clock: () => number
  readonly lifetimes: Lifetimes
}): ImportInstall {
  const { collection, saveInstall, events, random, stamp, retries, clock, lifetimes } = parts

  return async (app, checked, { isDry, actor }) => {
    const { account, refreshToken } = checked
    const mayRetry = retries()
    do {
      const { legacy, install, isIndexed } = await look(app, checked)
      if (legacy) return legacy.app === app.key && legacy.install === installId(app, account) ? EXISTS : TOKEN_IN_USE
      if (install === 'ended' || checked.hasEnded) return ENDED
      const endsAt = Math.min(checked.endsAt ?? Number.POSITIVE_INFINITY, absoluteEnd(app, lifetimes, clock()))
      // A repeat does not extend what is there.
      const needed = checked.endsAt === undefined && !refreshToken ? 0 : endsAt
      const isThere = isIndexed && install !== undefined && covers(install, checked, needed)
      if (isThere && !refreshToken) return EXISTS
      if (isDry) return { outcome: 'would_import' }
      const saved = isThere ? install : await save(app, { ...checked, endsAt }, install)
      // Undefined if another import or the account was faster.
      if (!saved) continue
      if (!install) events.emit('install', actor, { change: 'imported', app: app.key, account })
      if (!refreshToken) return IMPORTED
      return storeSession(app, { ...checked, refreshToken, endsAt, install: saved })
    } while (mayRetry())
    throw conflict('The authorization was changed each time: repeat the import.')
  }

  async function look(app: LiveApp, { account, epoch, refreshToken }: CheckedInstall): Promise<Found> {
    const ref = installRef({ app: app.key, install: installId(app, account) })
    const refs = [ref, installIndexRef({ app: app.key, account })]
    if (refreshToken) refs.push(legacyRefreshTokenRef(refreshToken.digest))
    const now = clock()
    const found = await collection.get(refs)
    const [record, entry, legacy] = found.map((one) => (one && !hasExpired(one, now) ? one : undefined))
    const install = record && collection.unpack(installKind, record)
    const isCurrent = install?.state === 'live' && install.epoch === epoch
    return {
      legacy: legacy && legacyRefreshTokenKind.unpack(legacy),
      install: isCurrent ? install : found[0] && 'ended',
      isIndexed: entry !== undefined && !installIndexKind.unpack(entry).isFreed,
    }
  }

  function save(
    app: LiveApp,
    {
      approvedBy,
      scope,
      audience,
      epoch,
      installedAt,
      lastUsedDay,
      endsAt,
    }: CheckedInstall & { readonly endsAt: number },
    install: LiveInstall | undefined,
  ): Promise<LiveInstall | undefined> {
    const at = install ? { installStamp: install.stamp } : { newStamp: stamp(), before: { installedAt, lastUsedDay } }
    return saveInstall(app, { actor: approvedBy, scope, audience, epoch, endsAt, ...at })
  }

  async function storeSession(
    app: LiveApp,
    of: CheckedInstall & {
      readonly refreshToken: CheckedRefreshToken
      readonly endsAt: number
      readonly install: LiveInstall
    },
  ): Promise<Imported> {
    const { refreshToken, endsAt, install, scope, audience } = of
    const { digest, expiresAt = Number.POSITIVE_INFINITY, signIn, jkt } = refreshToken
    const now = clock()
    const id = macOf(digest, WIDTH.session, 'imported', app.key, install.id)
    const credentialEndsAt = Math.min(expiresAt, now + refreshIdleMs(app, lifetimes), endsAt)
    const made: OpenSession = {
      state: 'open',
      id,
      app: app.key,
      binding: '',
      redirectStamp: '',
      stamp: app.stamp,
      scope,
      ...(audience && { audience }),
      ...(Object.keys(signIn).length > 0 && { signIn }),
      ...(jkt !== undefined && { boundTo: { jkt, fromStage: FIRST_REFRESH } }),
      digest,
      familyKey: random(WIDTH.secret),
      salt: random(WIDTH.secret),
      credentialEndsAt,
      endsAt,
      expiresAt: credentialEndsAt,
      stage: FIRST_REFRESH,
      install: { id: install.id, stamp: install.stamp },
    }
    const isNew = (await collection.insert<Session>(sessionKind, made)) === 'inserted'
    const session = isNew ? made : await collection.load(sessionKind, sessionRef({ app: app.key, session: id }))
    if (!session) return ENDED
    const legacy: LegacyRefreshToken = {
      digest,
      app: app.key,
      install: install.id,
      session: id,
      tag: tagOf(session, 'rt', FIRST_REFRESH),
      // For as long as the session may last, so that a later use is recognised, and a repeated import brings nothing back.
      expiresAt: Math.min(endsAt, now + LONGEST_MS),
    }
    if ((await collection.insert(legacyRefreshTokenKind, legacy)) === 'inserted') return IMPORTED
    const stored = await collection.load(legacyRefreshTokenKind, legacyRefreshTokenRef(digest))
    return stored?.session === id && stored.app === app.key ? EXISTS : TOKEN_IN_USE
  }
}

const EXISTS: Imported = { outcome: 'exists' }
const IMPORTED: Imported = { outcome: 'imported' }

function covers(install: LiveInstall, { scope, audience = [] }: CheckedInstall, until: number): boolean {
  const { audience: resources = [] } = install
  const hasScope = scope.every((one) => install.scope.includes(one))
  return hasScope && audience.every((one) => resources.includes(one)) && install.expiresAt >= until
}

function refused(field: string, code: ImportError['code'], expected: string, received: string): Imported {
  return { outcome: 'refused', errors: [{ field, code, expected, received }] }
}
