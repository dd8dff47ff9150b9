import { knownMembers } from '../../base/known-members.ts'
import { withConcealed } from '../../credentials/concealed.ts'
import { macOf } from '../../credentials/digest.ts'
import type { KeyRing } from '../../credentials/key-ring.ts'
import { createSealer } from '../../credentials/sealer.ts'
import { WIDTH } from '../../credentials/token-format.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { assertMayAct } from '../accounts/may-act.ts'
import type { Scopes } from '../accounts/scopes.ts'
import {
  type AppAuthenticator,
  type AppCredentials,
  CREDENTIAL_NAMES,
  CREDENTIALS,
  type RequestContext,
} from '../apps/authenticate-app.ts'
import { objectInput, sourceInput } from '../input/input.ts'
import type { RedirectPolicy } from '../input/redirect-policy.ts'
import type { Audiences } from '../input/resources.ts'
import type { Refusals } from '../refusals.ts'
import type { ClientIds } from '../registration/client-ids.ts'
import { createAuthenticateClient, idsOfClient, type RequestingClient } from '../registration/requesting-client.ts'
import { type DpopProofInput, invalidProof, type ProvenKeys } from '../tokens/proven-keys.ts'
import {
  type AuthorizationParams,
  matchRedirectOf,
  matchRedirectUri,
  pageError,
  type RedirectedError,
  readParams,
  signInNeedsOf,
  stateOf,
  validateRequest,
} from './authorization-request.ts'
import { PENDING_MS } from './pending-consents.ts'
import { invalidRequest } from './request-params.ts'

/** Whether authorization requests may be pushed, or must be. */
export type PushedRequestsPolicy = 'accepted' | 'required'

/** An authorization request that was pushed. */
export interface PushedRequest {
  /** Stands for the request, at `/authorize` with the same `client_id`. At most 4096 characters. Only reading the property shows it. */
  readonly requestUri: string
  readonly expiresInSeconds: number
}

/** Takes authorization requests of apps on the back channel. */
export interface PushedRequests {
  /** Whether every authorization request must be pushed. */
  readonly areRequired: boolean
  /**
   * Validates an authorization request and returns a URI that carries it, encrypted: nothing is stored. The URI is valid for ten
   * minutes, in which the user may sign in, and leads to one decision.
   *
   * @param params - as for {@link Authorization.beginAuthorization}.
   * @param client - the credentials of the app that sends them, and `dpopProof`, made for a POST to `/par`: it binds the code to its
   *   key as the parameter `dpop_jkt` does (RFC 9449 §10.1).
   * @throws {@link AppGrantError} `app_authentication_failed`, `too_many_failures`; `app_suspended`, `account_blocked`,
   *   `not_permitted`; `invalid_redirect`, `invalid_scope`, `invalid_target`, `invalid_request`,
   *   `invalid_dpop_proof`, `dpop_nonce_required`.
   * @see [RFC 9126 - OAuth 2.0 Pushed Authorization Requests](https://www.rfc-editor.org/rfc/rfc9126.html#section-2)
   */
  push(params: URLSearchParams, client: AppCredentials & RequestContext & DpopProofInput): Promise<PushedRequest>
}

/** The parameters of an authorization request, wherever they were. */
export interface ReceivedRequest {
  readonly params: AuthorizationParams
  /** The id of the session of a pushed request: the request leads to one session. */
  readonly session?: string
}

/** Reads the parameters of authorization requests. */
export type ReceiveRequest = (input: unknown) => ReceivedRequest

const CLIENT = knownMembers<AppCredentials & RequestContext & DpopProofInput>(
  { ...CREDENTIALS, dpopProof: true },
  CREDENTIAL_NAMES,
)
const URI = 'urn:ietf:params:oauth:request_uri:'
/** As long as any parameter may be. */
const MAX_URI = 4096

export interface PushedRequestsParts {
  readonly accounts: Accounts
  readonly provenKeys: ProvenKeys
  readonly authenticator: AppAuthenticator
  readonly clientIds: ClientIds
  readonly redirects: RedirectPolicy
  readonly audiences: Audiences
  readonly scopes: Scopes
  readonly refusals: Refusals
  readonly keyRing: KeyRing
  /** Whether tokens can be bound to a key. */
  readonly bindsKeys: boolean
  readonly clock: () => number
}

/** @param policy - undefined if none may be pushed. */
export function createPushedRequests(
  policy: PushedRequestsPolicy | undefined,
  parts: PushedRequestsParts,
): { readonly receive: ReceiveRequest; readonly pushedRequests: PushedRequests | undefined } {
  if (policy === undefined) return { receive: (input) => ({ params: readParams(input) }), pushedRequests: undefined }
  const { accounts, provenKeys, redirects, refusals, clock } = parts
  const sealer = createSealer(parts.keyRing, 'appgrant pushed request')
  const authenticate = createAuthenticateClient(parts)
  const areRequired = policy === 'required'

  const receive: ReceiveRequest = (input) => {
    const params = readParams(input)
    const { request_uri: uri, client_id } = params
    if (uri?.startsWith(URI) !== true) {
      if (areRequired) throw invalidRequest('request_uri: expected a request that was pushed to /par')
      return { params }
    }
    const opened = sealer.open(uri.slice(URI.length))
    const { clients, asked, endsAt } = (opened === undefined ? {} : JSON.parse(opened)) as Partial<Carried>
    if (client_id === undefined || !clients?.includes(client_id) || asked === undefined || !(clock() < (endsAt ?? 0)))
      throw invalidRequest('request_uri: expected one that was issued to this client_id less than ten minutes ago')
    // Nothing of the request in the browser counts but the client (RFC 9126 §4, RFC 9101 §6.3).
    return { params: { ...asked, client_id }, session: macOf(uri, WIDTH.session, 'pushed request') }
  }

  const push: PushedRequests['push'] = async (input, credentials) => {
    const source = sourceInput(objectInput(credentials, 'client', CLIENT))
    const jkt = await provenKeys.keyOf(credentials, source, '/par')
    const client = await authenticate(credentials)
    return refusals.watch({}, { ...(client.app && { app: client.app.key }), ...source }, async () => {
      const { client_id: _, ...given } = readParams(input)
      if (jkt !== undefined && given.dpop_jkt !== undefined && given.dpop_jkt !== jkt) throw invalidProof('other_key')
      const asked = { ...given, ...(jkt !== undefined && { dpop_jkt: jkt }) }
      if (asked.request_uri !== undefined)
        throw invalidRequest('request_uri must be absent: push the parameters of the request themselves')
      await assertValid(asked, client)
      const carried: Carried = { clients: idsOfClient(client), asked, endsAt: clock() + PENDING_MS }
      const requestUri = URI + sealer.seal(JSON.stringify(carried))
      if (requestUri.length > MAX_URI)
        throw invalidRequest(`the request is too long: its request_uri would have ${requestUri.length} characters`)
      return withConcealed({ expiresInSeconds: PENDING_MS / 1000 }, { requestUri })
    })
  }

  return { receive, pushedRequests: { areRequired, push } }

  /** As far as it can be validated before an account is signed in. The document of a program is not fetched for that. */
  async function assertValid(asked: AuthorizationParams, { app, program }: RequestingClient): Promise<void> {
    const faults: object[] = [stateOf(asked), signInNeedsOf(asked)]
    if (app) {
      await assertMayAct(app, app.owner, accounts)
      faults.push(validateRequest(asked, { ...parts, app, redirect: matchRedirectUri(asked, app, redirects) }))
    } else if (program.type === 'proposal') matchRedirectOf(program.proposal, asked, redirects)
    const fault = faults.find((one): one is RedirectedError => 'error' in one)
    if (fault) throw pageError(fault)
  }
}

/** What a request URI carries. */
interface Carried {
  /** The client ids of who has pushed it. */
  readonly clients: readonly string[]
  readonly asked: AuthorizationParams
  readonly endsAt: number
}
