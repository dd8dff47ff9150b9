import { AppGrantError } from '../../base/errors.ts'
import { hasRegisteredItself, type LiveApp } from '../../records/app.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { assertMayAct, assertNotSuspended } from '../accounts/may-act.ts'
import type { IsReservedName } from '../apps/fields/reserved-names.ts'
import type { FindApp } from '../apps/find-app.ts'
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
  readParams,
} from './authorization-request.ts'
import type { AskedAccount } from './pending-consents.ts'
import { pageTexts } from './request-params.ts'

/** The client that sent an authorization request: an app, or a program that registers itself. */
type RequestClient =
  | { readonly app: LiveApp; readonly redirect: MatchedRedirect; readonly proposal?: undefined }
  | { readonly proposal: Proposal; readonly redirectUrl: string }

/** The app that an account is asked about. */
export interface RequestedApp {
  readonly params: AuthorizationParams
  readonly app: LiveApp
  /** Whether nothing of it is stored, because the account has not approved the program: nothing may be redirected to it then. */
  readonly isNew: boolean
  readonly redirect: MatchedRedirect
  readonly before?: DescribedBefore
}

/** Finds out which app an authorization request is from. */
export interface RequestClients {
  /** Checks what can be checked before an account is signed in. A program that registers itself costs no read, and no fetch. */
  check(input: unknown, known: Known): Promise<void>
  /** @param accounts - the directory, for this one decision. */
  appFor(
    input: unknown,
    by: { readonly asking: AskedAccount; readonly accounts: Accounts; readonly known: Known },
  ): Promise<RequestedApp>
}

export function createRequestClients(parts: {
  readonly findApp: FindApp
  readonly accounts: Accounts
  readonly clientIds: ClientIds
  readonly clientApps: ClientApps
  readonly documents: Documents | undefined
  readonly redirects: RedirectPolicy
  readonly isReservedName: IsReservedName
}): RequestClients {
  const { findApp, clientIds, clientApps, documents, redirects, isReservedName } = parts

  return {
    async check(input, known) {
      const client = await identify(readParams(input), known, (url) => documents?.known(url))
      if (client && !client.proposal) await assertMayAct(client.app, client.app.owner, parts.accounts)
    },
    async appFor(input, { asking, accounts, known }) {
      const params = readParams(input)
      const client = await identify(params, known, (url) => documents?.fetch(url, asking.account))
      if (!client) throw unknownApp()
      if (!client.proposal) return { params, ...client, isNew: false }
      const { proposal, redirectUrl } = client
      const { app, ...found } = await clientApps.appFor(proposal, { ...asking, redirectUrl }, accounts)
      if (!found.isNew) known.app = app.key
      assertNotSuspended(app)
      return { params, app, ...found, redirect: matchRedirectUri(params, app, redirects) }
    },
  }

  /** @param describe - the document at a URL, or undefined if it must not be fetched. Then the result is undefined too. */
  async function identify(
    params: AuthorizationParams,
    known: Known,
    describe: (url: string) => Promise<Proposal> | Proposal | undefined,
  ): Promise<RequestClient | undefined> {
    const client = params.client_id === undefined ? undefined : clientIds.read(params.client_id)
    if (client) {
      const proposal = client.type === 'document' ? await describe(client.url) : client.proposal
      if (proposal && isReservedName(proposal.name)) throw reservedName()
      return proposal && { proposal, redirectUrl: matchRedirectOf(proposal, params, redirects) }
    }
    const app = params.client_id === undefined ? undefined : await findApp.find(params.client_id)
    if (app) known.app = app.key
    // An app that has registered itself is its owner's alone, who is asked about it by its client id.
    if (app?.state !== 'live' || hasRegisteredItself(app))
      throw because(unknownApp(), app?.state === 'removed' ? 'removed_app' : 'unknown_app')
    assertNotSuspended(app)
    return { app, redirect: matchRedirectUri(params, app, redirects) }
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
