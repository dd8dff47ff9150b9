import { AppGrantError, isAppGrantError } from '../../base/errors.ts'
import type { LiveApp } from '../../records/app.ts'
import { type BoundTo, CODE } from '../../records/session.ts'
import type { Scopes } from '../accounts/scopes.ts'
import { matchesRedirect } from '../apps/app-fields.ts'
import { isUsableRedirect } from '../apps/usable-redirect.ts'
import { allowsSelfRegistered, type RedirectPolicy } from '../input/redirect-policy.ts'
import { type Audiences, resourcesInput } from '../input/resources.ts'
import { spacedList } from '../input/spaced-list.ts'
import { isThumbprint, THUMBPRINT } from '../input/thumbprint.ts'
import { readSignInNeeds, SIGN_IN_PARAMETERS, type SignInNeeds } from '../input/user-authentication.ts'
import type { Proposal } from '../registration/proposal.ts'
import { narrowedScope } from '../tokens/scope.ts'
import { bindingOf, CHALLENGE, requestedChallenge } from './pkce.ts'
import { isAsReceived, pageTexts, type RequestParams, readRequestParams } from './request-params.ts'

const PARAMETERS = [
  'client_id',
  'redirect_uri',
  'response_type',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
  'dpop_jkt',
  ...SIGN_IN_PARAMETERS,
  'response_mode',
  'request',
  'request_uri',
] as const
const UNSUPPORTED = { request: 'request_not_supported', request_uri: 'request_uri_not_supported' } as const

/** The parameters of an authorization request. */
export type AuthorizationParams = RequestParams<(typeof PARAMETERS)[number]>

/** Where the response to an authorization request goes: nothing is redirected to any other address. */
export interface MatchedRedirect {
  /** As it was in the request. */
  readonly redirectUrl: string
  /** The stamp of the registered redirect URL that it matches. */
  readonly stamp: string
}

/** An error that is returned to the app by redirect. @see RFC 6749 §4.1.2.1 */
export interface RedirectedError {
  readonly error: string
  readonly error_description: string
}

/** A valid request, for which the account may be asked for consent. */
export interface AcceptedRequest {
  readonly scope: readonly string[]
  readonly audience?: readonly string[]
  readonly binding: string
  /** The key that the code is bound to. */
  readonly boundTo?: BoundTo
}

/** How the user must have signed in for the request. @returns an error if it cannot be read. */
export function signInNeedsOf(params: AuthorizationParams): SignInNeeds | RedirectedError {
  return (
    readSignInNeeds(params) ??
    refused(
      'invalid_request',
      'max_age: expected seconds; acr_values: expected at most 20 values of at most 100 characters',
    )
  )
}

/** @throws {@link AppGrantError} `invalid_request` if a parameter is repeated or too long. */
export function readParams(params: unknown): AuthorizationParams {
  return readRequestParams(params, PARAMETERS)
}

/**
 * Matches the redirect URL of a request with those of the app that the host allows now: unmodified, compared as strings (APP-3).
 *
 * @throws {@link AppGrantError} `invalid_redirect`
 */
export function matchRedirectUri(params: AuthorizationParams, app: LiveApp, policy: RedirectPolicy): MatchedRedirect {
  const { asked, at } = findRedirect(params, app.fields.redirectUrls)
  const stamp = app.redirectStamps[at]
  if (asked === undefined || stamp === undefined || !isUsableRedirect(app, stamp, policy)) throw invalidRedirect()
  return { redirectUrl: asked, stamp }
}

/** The same for a program that registers itself, before it is known whether the account has an app of it. */
export function matchRedirectOf(proposal: Proposal, params: AuthorizationParams, policy: RedirectPolicy): string {
  const { asked, at } = findRedirect(params, proposal.redirectUrls)
  const url = proposal.redirectUrls[at]
  if (asked === undefined || url === undefined || !allowsSelfRegistered(policy, url)) throw invalidRedirect()
  return asked
}

function findRedirect({ redirect_uri: asked }: AuthorizationParams, urls: readonly string[]) {
  const at = asked === undefined ? -1 : urls.findIndex((registered) => matchesRedirect(registered, asked))
  return { asked, at }
}

function invalidRedirect(): AppGrantError {
  const message = 'redirect_uri: expected one of the redirect URLs that the app registered, character by character'
  return new AppGrantError('invalid_redirect', pageTexts(message))
}

/** Validates the rest of the request, once its redirect URL is known to be the app's. */
export function validateRequest(
  params: AuthorizationParams,
  client: {
    readonly app: LiveApp
    readonly redirect: MatchedRedirect
    readonly audiences: Audiences
    readonly scopes: Scopes
    /** Whether tokens can be bound to a key. */
    readonly bindsKeys: boolean
  },
): AcceptedRequest | RedirectedError {
  const { app, redirect, audiences, scopes, bindsKeys } = client
  for (const [name, error] of Object.entries(UNSUPPORTED)) {
    if (params[name as keyof typeof UNSUPPORTED]) return refused(error, `${name} is not supported`)
  }
  if (params.response_type === undefined) return refused('invalid_request', 'response_type: expected code')
  if (params.response_type !== 'code') return refused('unsupported_response_type', 'response_type: expected code')
  if (params.response_mode !== undefined && params.response_mode !== 'query')
    return refused('invalid_request', 'response_mode: expected query')
  const challenge = requestedChallenge(params)
  if (challenge === undefined) return refused('invalid_request', CHALLENGE)
  const { dpop_jkt: jkt } = params
  // A client that sends it relies on it.
  if (jkt !== undefined && !bindsKeys) return refused('invalid_request', 'dpop_jkt is not supported')
  if (jkt !== undefined && !isThumbprint(jkt)) return refused('invalid_request', `dpop_jkt: expected ${THUMBPRINT}`)
  try {
    const audience = audiences.requested(resourcesInput(params.resources))
    const scope = narrowedScope(spacedList(params.scope), app.fields.scopes, { app, scopes })
    return {
      scope,
      ...(audience && { audience }),
      binding: bindingOf(challenge, redirect.redirectUrl),
      ...(jkt !== undefined && { boundTo: { jkt, fromStage: CODE } }),
    }
  } catch (error) {
    if (isAppGrantError(error, 'invalid_target'))
      return refused(error.code, 'resource: expected resources that this server issues tokens for')
    if (isAppGrantError(error, 'invalid_scope')) return refused(error.code, error.message)
    throw error
  }
}

/** The state to return. Decoding must not have changed it. */
export function stateOf({ state }: AuthorizationParams): { readonly state?: string } | RedirectedError {
  if (state === undefined) return {}
  return isAsReceived(state) ? { state } : refused('invalid_request', 'state: expected UTF-8')
}

/** The error for a fault of a request, where the app must not learn of it by redirect. */
export function pageError({ error, error_description: message }: RedirectedError): AppGrantError {
  const known = ['invalid_scope', 'invalid_target'] as const
  return new AppGrantError(known.find((one) => one === error) ?? 'invalid_request', pageTexts(message))
}

function refused(error: string, description: string): RedirectedError {
  return { error, error_description: description }
}
