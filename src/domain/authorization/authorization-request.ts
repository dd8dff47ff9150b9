import { AppGrantError, isAppGrantError } from '../../base/errors.ts'
import type { LiveApp } from '../../records/app.ts'
import type { Scopes } from '../accounts/scopes.ts'
import { matchesRedirect } from '../apps/app-fields.ts'
import { isUsableRedirect } from '../apps/usable-redirect.ts'
import { allowsSelfRegistered, type RedirectPolicy } from '../input/redirect-policy.ts'
import { type Audiences, resourcesInput } from '../input/resources.ts'
import { spacedList } from '../input/spaced-list.ts'
import { readSignInNeeds, SIGN_IN_PARAMETERS, type SignInNeeds } from '../input/user-authentication.ts'
import type { Proposal } from '../registration/proposal.ts'
import { narrowedScope } from '../tokens/scope.ts'
import { bindingOf, isChallenge } from './pkce.ts'

const MAX_PARAMETER = 4096
/** Replaces bytes that were not UTF-8: they cannot be returned as they were received. */
const REPLACEMENT = '\u{fffd}'
const PARAMETERS = [
  'client_id',
  'redirect_uri',
  'response_type',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
  ...SIGN_IN_PARAMETERS,
] as const
const UNSUPPORTED = { request: 'request_not_supported', request_uri: 'request_uri_not_supported' } as const

type Parameter = (typeof PARAMETERS)[number] | 'response_mode' | keyof typeof UNSUPPORTED

/** The parameters of an authorization request. Empty ones are absent, unknown ones ignored. Only `resource` may be repeated. */
export type AuthorizationParams = Readonly<Partial<Record<Parameter, string>>> & {
  readonly resources?: readonly string[]
}

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

/** @throws {@link AppGrantError} `invalid_request` if a parameter is repeated or too long: no other can be relied on then. */
export function readParams(params: unknown): AuthorizationParams {
  if (!(params instanceof URLSearchParams)) throw invalidRequest('params: expected URLSearchParams')
  const read: Partial<Record<Parameter, string>> = {}
  for (const name of [...PARAMETERS, 'response_mode', 'request', 'request_uri'] as const) {
    const values = params.getAll(name)
    if (values.length > 1) throw invalidRequest(`${name}: expected at most once, received ${values.length} times`)
    const [value] = values
    if (value === undefined || value === '') continue
    if (value.length > MAX_PARAMETER) throw invalidRequest(`${name}: expected at most ${MAX_PARAMETER} characters`)
    read[name] = value
  }
  const asked = params.getAll('resource').join(' ')
  if (asked.length > MAX_PARAMETER) throw invalidRequest(`resource: expected at most ${MAX_PARAMETER} characters`)
  const resources = spacedList(asked)
  return { ...read, ...(resources && { resources }) }
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
  },
): AcceptedRequest | RedirectedError {
  const { app, redirect, audiences, scopes } = client
  for (const [name, error] of Object.entries(UNSUPPORTED)) {
    if (params[name as keyof typeof UNSUPPORTED]) return refused(error, `${name} is not supported`)
  }
  if (params.response_type === undefined) return refused('invalid_request', 'response_type: expected code')
  if (params.response_type !== 'code') return refused('unsupported_response_type', 'response_type: expected code')
  if (params.response_mode !== undefined && params.response_mode !== 'query')
    return refused('invalid_request', 'response_mode: expected query')
  const challenge = params.code_challenge ?? ''
  if (params.code_challenge_method !== 'S256' || !isChallenge(challenge)) {
    return refused(
      'invalid_request',
      'code_challenge: expected an S256 challenge of 43 characters and code_challenge_method=S256',
    )
  }
  try {
    const audience = audiences.requested(resourcesInput(params.resources))
    const scope = narrowedScope(spacedList(params.scope), app.fields.scopes, { app, scopes })
    return { scope, ...(audience && { audience }), binding: bindingOf(challenge, redirect.redirectUrl) }
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
  return state.includes(REPLACEMENT) ? refused('invalid_request', 'state: expected UTF-8') : { state }
}

/** The texts of an error of a request whose redirect URL is not known to be the app's: it is shown on the host's own page. */
export function pageTexts(message: string): { readonly message: string; readonly hint: string } {
  return { message, hint: "The app's request is invalid: show the error to the user and do not redirect." }
}

/** The error for a fault of a request, where the app must not learn of it by redirect. */
export function pageError({ error, error_description: message }: RedirectedError): AppGrantError {
  const known = ['invalid_scope', 'invalid_target'] as const
  return new AppGrantError(known.find((one) => one === error) ?? 'invalid_request', pageTexts(message))
}

function invalidRequest(message: string): AppGrantError<'invalid_request'> {
  return new AppGrantError('invalid_request', pageTexts(message))
}

function refused(error: string, description: string): RedirectedError {
  return { error, error_description: description }
}
