import { invalidOption } from '../../base/errors.ts'
import { hasRegisteredItself, isPublic, type LiveApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import { installId, installKind, installRef } from '../../records/install.ts'
import type { PendingSession } from '../../records/session.ts'
import type { AppIdentity, IdentityOf } from '../accounts/accounts.ts'

/**
 * Whether an account is asked for consent. `ask`: at every request. `remember`: unless it has authorized the app before, for the
 * same scope and resources or wider ones. `skip`: never.
 */
export type ConsentPolicy = 'ask' | 'remember' | 'skip'

/** An authorization request of a signed-in account. */
export interface ConsentQuestion {
  readonly account: string
  readonly login?: string
  /** The scope the app requests. */
  readonly scope: readonly string[]
  /** The app's redirect URL, unmodified. */
  readonly redirectUrl: string
}

/** The host's decision for an app. */
export type DecideConsent = (app: AppIdentity, request: ConsentQuestion) => ConsentPolicy

/** How a request gets through without a question. */
export interface Unasked {
  readonly consent: 'skipped' | 'remembered'
  /** The stamp of the install that is remembered. If it is withdrawn meanwhile, the account must be asked. */
  readonly installStamp?: string
}

/** Finds out whether a consent request needs the account: undefined if it does. */
export function createConsentPolicy({
  collection,
  consent,
  identityOf,
}: {
  readonly collection: Collection
  readonly consent: DecideConsent
  readonly identityOf: IdentityOf
}): (session: PendingSession, app: LiveApp) => Promise<Unasked | undefined> {
  return async (session, app) => {
    const { account, login, epoch, redirectUrl = '' } = session.consentRequest
    // Anyone can register the same.
    if (hasRegisteredItself(app)) return undefined
    // Any other app on the device could have claimed such a redirect (RFC 8252 §8.6).
    if (isPublic(app) && !isOwnRedirect(redirectUrl)) return undefined
    const request = { account, ...(login !== undefined && { login }), scope: [...session.scope], redirectUrl }
    const policy = checked(consent(identityOf(app), request))
    if (policy !== 'remember') return policy === 'skip' ? { consent: 'skipped' } : undefined
    const install = await collection.load(installKind, installRef({ app: app.key, install: installId(app, account) }))
    if (install?.state !== 'live' || install.epoch !== epoch) return undefined
    const isWithin = (asked: readonly string[] = [], granted: readonly string[] = []) =>
      asked.every((one) => granted.includes(one))
    if (!isWithin(session.scope, install.scope) || !isWithin(session.audience, install.audience)) return undefined
    return { consent: 'remembered', installStamp: install.stamp }
  }
}

/** Whether only the owner of a domain can receive what is sent there. */
function isOwnRedirect(redirectUrl: string): boolean {
  const { protocol, hostname } = new URL(redirectUrl)
  // Names under localhost lead to the device itself (RFC 6761 §6.3).
  return protocol === 'https:' && !/(?:^|\.)localhost$/.test(hostname)
}

function checked(policy: ConsentPolicy): ConsentPolicy {
  if (policy === 'ask' || policy === 'remember' || policy === 'skip') return policy
  throw invalidOption('createAppGrant', 'consent', "a function that returns 'ask', 'remember' or 'skip'", policy)
}
