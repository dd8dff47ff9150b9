import type { EventSource } from '../../base/events.ts'
import type { LiveApp } from '../../records/app.ts'
import type { StoreRecord } from '../../records/collection.ts'
import type { LiveInstall } from '../../records/install.ts'
import type { ApprovedSession, OpenSession } from '../../records/session.ts'
import type { Credential } from './session-credential.ts'
import type { SessionGrant } from './session-grant.ts'

/** A presented credential, and everything else the response depends on. */
export interface Presented {
  readonly app: LiveApp
  readonly grant: SessionGrant
  readonly credential: Credential
  readonly text: string
  readonly scope: readonly string[] | undefined
  readonly resources: readonly string[] | undefined
  /** The thumbprint of the key that the app has proved to have. */
  readonly jkt: string | undefined
  readonly source: EventSource
}

/** The session of the presented credential, with its install. */
export interface Usable {
  readonly record: StoreRecord
  readonly session: ApprovedSession
  readonly install: LiveInstall
  /** Whether nothing is stored in the place of the install: it is that of a new app. */
  readonly hasNoInstall: boolean
  readonly isExpired: boolean
}

/** The same while the session is open. */
export interface UsableOpen extends Usable {
  readonly session: OpenSession
}

/** What a call has done so far. */
export interface Attempt {
  /** Whether it may have stored an access token that is not valid, because the session ended meanwhile. */
  hasStored: boolean
}
