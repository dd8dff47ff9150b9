import type { Emitter } from '../../base/events.ts'
import type { RandomText } from '../../credentials/random.ts'
import type { Collection } from '../../records/collection.ts'
import type { Pages } from '../../records/pages.ts'
import type { IsReservedName } from '../apps/fields/reserved-names.ts'
import { createStoreApp, type StoreApp } from '../apps/store-app.ts'
import type { RedirectPolicy } from '../input/redirect-policy.ts'
import { type AppOfCredential, createAppOfCredential } from './app-of-credential.ts'
import { type ClientApps, createClientApps } from './client-apps.ts'
import { type ClientIds, createClientIds } from './client-ids.ts'
import { createDocuments, type Documents } from './documents.ts'
import { createSelfRegistration, type SelfRegistration } from './self-registration.ts'
import type { SelfRegistrationPolicy } from './self-registration-options.ts'

/** Everything about programs that register themselves. */
export interface Registration {
  readonly clientIds: ClientIds
  readonly clientApps: ClientApps
  readonly storeApp: StoreApp
  readonly appOfCredential: AppOfCredential
  /** Undefined if none may. */
  readonly selfRegistration: SelfRegistration | undefined
  /** Undefined if no client id is the URL of a document. */
  readonly documents: Documents | undefined
}

/** @param parts - `selfRegistration`: undefined if no program may register itself. */
export function createRegistration(parts: {
  readonly collection: Collection
  readonly pages: Pages
  readonly random: RandomText
  readonly stamp: () => string
  readonly clock: () => number
  /** The clock for decisions that depend on the time: it throws while the time is not known. */
  readonly now: () => number
  readonly appsPerOwner: number
  readonly redirects: RedirectPolicy
  readonly isReservedName: IsReservedName
  readonly tokenPrefix: string
  readonly events: Emitter
  readonly steadyClock: () => number
  readonly selfRegistration: SelfRegistrationPolicy | undefined
  readonly deviceGrant: object | undefined
}): Registration {
  const { selfRegistration: policy, redirects, isReservedName, steadyClock } = parts
  const { fetchDocument, keys = [], scopes = [] } = policy ?? {}
  const hasDevices = parts.deviceGrant !== undefined
  const clientIds = createClientIds(keys, { ...parts, hasDocuments: fetchDocument !== undefined })
  const documents = fetchDocument && createDocuments({ fetchDocument, redirects, steadyClock, hasDevices })
  const hasDocuments = documents !== undefined
  const appOfCredential = createAppOfCredential({ ...parts, clock: parts.now })
  const described = { clientIds, redirects, isReservedName, scopes, hasDocuments, appOfCredential }
  const selfRegistration = policy && createSelfRegistration(described)
  const stored = { appOfCredential, clientApps: createClientApps(parts), storeApp: createStoreApp(parts) }
  return { clientIds, ...stored, selfRegistration, documents }
}
