import { AppGrantError } from '../../base/errors.ts'
import { hasRegisteredItself, type LiveApp } from '../../records/app.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { assertMayAct, assertNotSuspended } from '../accounts/may-act.ts'
import type { IsReservedName } from '../apps/fields/reserved-names.ts'
import type { FindApp } from '../apps/find-app.ts'
import type { AskedAccount } from '../input/input.ts'
import type { RedirectPolicy } from '../input/redirect-policy.ts'
import { because, type Known } from '../refusals.ts'
import type { ClientApps } from '../registration/client-apps.ts'
import type { ClientIds } from '../registration/client-ids.ts'
import type { Documents } from '../registration/documents.ts'
import type { DescribedBefore } from '../registration/follow-document.ts'
import type { Proposal } from '../registration/proposal.ts'
import {
  type AuthorizationParams,
  type MatchedRedirect,
  matchRedirectOf,
  matchRedirectUri,
} from './authorization-request.ts'
import type { ReceiveRequest } from './pushed-requests.ts'
import { pageTexts } from './request-params.ts'

/** The client that sent a request: an app, or a program that registers itself. */
type RequestClient =
  | { readonly app: LiveApp; readonly proposal?: undefined }
  | { readonly proposal: Proposal; readonly app?: undefined }

/** The app that an account is asked about. */
export interface AskingApp {
  readonly app: LiveApp
  /** Whether nothing of it is stored, because the account has not approved the program: nothing may be redirected to it then. */
  readonly isNew: boolean
  readonly before?: DescribedBefore
}

/** The app of an authorization request. */
export interface RequestedApp extends AskingApp {
  readonly params: AuthorizationParams
  readonly redirect: MatchedRedirect
  /** The id of the session that a pushed request leads to. */
  readonly pushedSession: string | undefined
}

/** The account that is asked, the directory for this one decision, and what is known of the request. */
interface Asking {
  readonly asking: AskedAccount
  readonly accounts: Accounts
  readonly known: Known
}

/** Finds out which app a request is from. */
export interface RequestClients {
  /** Checks what can be checked before an account is signed in. A program that registers itself costs no read, and no fetch. */
  check(input: unknown, known: Known): Promise<AuthorizationParams>
  /** The app of an authorization request, whose redirect URL is one of the app's. */
  appFor(input: unknown, by: Asking): Promise<RequestedApp>
  /** The app of a device, which has no redirect URL. @param client - what it has as client id. */
  appOfDevice(client: string, by: Asking): Promise<AskingApp>
}

export function createRequestClients(parts: {
  readonly findApp: FindApp
  readonly accounts: Accounts
  readonly clientIds: ClientIds
  readonly clientApps: ClientApps
  readonly documents: Documents | undefined
  readonly redirects: RedirectPolicy
  readonly isReservedName: IsReservedName
  readonly receive: ReceiveRequest
}): RequestClients {
  const { findApp, clientIds, clientApps, documents, redirects, isReservedName, receive } = parts

  return {
    async check(input, known) {
      const { params } = receive(input)
      const client = await identify(params.client_id, known, (url) => documents?.known(url))
      if (client?.proposal) matchRedirectOf(client.proposal, params, redirects)
      if (client?.app) {
        matchRedirectUri(params, client.app, redirects)
        await assertMayAct(client.app, client.app.owner, parts.accounts)
      }
      return params
    },
    async appFor(input, by) {
      const { params, session: pushedSession } = receive(input)
      const client = await identifyFor(params.client_id, by)
      const { app, ...found } = client.proposal
        ? await appOf(client.proposal, matchRedirectOf(client.proposal, params, redirects), by)
        : { app: client.app, isNew: false }
      return { params, app, ...found, redirect: matchRedirectUri(params, app, redirects), pushedSession }
    },
    async appOfDevice(id, by) {
      const client = await identifyFor(id, by)
      if (client.app) return { app: client.app, isNew: false }
      const [redirectUrl = ''] = client.proposal.redirectUrls
      return appOf(client.proposal, redirectUrl, by)
    },
  }

  async function identifyFor(id: string | undefined, { asking, known }: Asking): Promise<RequestClient> {
    const client = await identify(id, known, (url) => documents?.fetch(url, asking.account))
    if (!client) throw unknownApp()
    return client
  }

  /** The account's app of a program that registers itself, or a new one. */
  async function appOf(
    proposal: Proposal,
    redirectUrl: string,
    { asking, accounts, known }: Asking,
  ): Promise<AskingApp> {
    const { app, ...found } = await clientApps.appFor(proposal, { ...asking, redirectUrl }, accounts)
    if (!found.isNew) known.app = app.key
    assertNotSuspended(app)
    return { app, ...found }
  }

  /** @param describe - the document at a URL, or undefined if it must not be fetched. Then the result is undefined too. */
  async function identify(
    id: string | undefined,
    known: Known,
    describe: (url: string) => Promise<Proposal> | Proposal | undefined,
  ): Promise<RequestClient | undefined> {
    const client = id === undefined ? undefined : clientIds.read(id)
    if (client) {
      const proposal = client.type === 'document' ? await describe(client.url) : client.proposal
      if (proposal && isReservedName(proposal.name)) throw reservedName()
      return proposal && { proposal }
    }
    const app = id === undefined ? undefined : await findApp.find(id)
    if (app) known.app = app.key
    // An app that has registered itself is its owner's alone, who is asked about it by its client id.
    if (app?.state !== 'live' || hasRegisteredItself(app))
      throw because(unknownApp(), app?.state === 'removed' ? 'removed_app' : 'unknown_app')
    assertNotSuspended(app)
    return { app }
  }
}

function reservedName(): AppGrantError<'not_permitted'> {
  const message = 'this platform has reserved the name of this app'
  const hint = 'Only the host may give an app a name of the option reservedNames: show the error and do not redirect.'
  return because(new AppGrantError('not_permitted', { message, hint }), 'reserved_name')
}

function unknownApp(): AppGrantError<'app_not_found'> {
  return new AppGrantError('app_not_found', pageTexts('client_id: expected the key of a registered app'))
}
