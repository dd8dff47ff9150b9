import { isAppGrantError } from '../../base/errors.ts'
import type { CheckedFields } from '../../records/app.ts'
import { checkNewApp, type FieldOptions } from '../apps/app-fields.ts'
import { invalidFields } from '../apps/fields/submission.ts'
import { spacedList } from '../input/spaced-list.ts'
import { bindingOf, CHALLENGE, requestedChallenge } from './pkce.ts'
import { invalidRequest, isAsReceived, type RequestParams, readRequestParams } from './request-params.ts'

const MIN_STATE = 16

/** The parameters that describe the app, with the names of the fields: those of RFC 7591 as far as it has them. */
const FIELDS = {
  client_name: 'name',
  client_uri: 'homepage',
  contacts: 'adminEmail',
  description: 'description',
  logo_uri: 'image',
  phone: 'adminPhone',
  api_type: 'apiType',
} as const
const LISTS = { redirect_uri: 'redirectUrls', scope: 'scopes' } as const
const WIRE_NAMES: ReadonlyMap<string, string> = new Map(
  Object.entries({ ...FIELDS, ...LISTS }).map(([wire, field]) => [field, wire]),
)
const PARAMETERS = [
  ...(Object.keys(FIELDS) as (keyof typeof FIELDS)[]),
  'redirect_uri',
  'scope',
  'state',
  'code_challenge',
  'code_challenge_method',
] as const

type Params = RequestParams<(typeof PARAMETERS)[number]>

/** What an app says of itself when it sends a user to register it. Nothing of it has been checked by anybody. */
export interface RegistrationParams {
  readonly apiType: string | undefined
  readonly state: string
  readonly resources: readonly string[] | undefined
  /** @throws {@link AppGrantError} `invalid_fields`, which names each field as the parameter is named. */
  fields(options: FieldOptions): CheckedFields
  /** What the registration code is bound to. */
  binding(redirectUrl: string): string
}

/**
 * Reads the parameters of a registration that an app starts in the browser.
 *
 * @throws {@link AppGrantError} `invalid_request` if one is repeated or too long, or if `state` or the PKCE challenge is not valid.
 */
export function readRegistration(input: unknown): RegistrationParams {
  const params = readRequestParams(input, PARAMETERS)
  const { state = '' } = params
  if (state.length < MIN_STATE || !isAsReceived(state))
    throw invalidRequest(`state: expected at least ${MIN_STATE} characters in UTF-8, which nobody can guess`)
  const challenge = requestedChallenge(params)
  if (challenge === undefined) throw invalidRequest(CHALLENGE)
  return {
    apiType: params.api_type,
    state,
    resources: params.resources,
    fields: (options) => checkFields(params, options),
    binding: (redirectUrl) => bindingOf(challenge, redirectUrl),
  }
}

function checkFields(params: Params, options: FieldOptions): CheckedFields {
  const given = Object.entries(FIELDS).map(([wire, field]) => [field, params[wire as keyof typeof FIELDS]])
  const { redirect_uri: redirectUrl, scope } = params
  const redirectUrls = redirectUrl === undefined ? [] : [redirectUrl]
  try {
    return checkNewApp({ ...Object.fromEntries(given), redirectUrls, scopes: spacedList(scope) ?? [] }, options).fields
  } catch (error) {
    if (!isAppGrantError(error, 'invalid_fields')) throw error
    throw invalidFields(error.details.fields.map((one) => ({ ...one, field: wireName(one.field) })))
  }
}

/** The parameter of a field. There is one redirect URL, and scopes are one text. */
function wireName(field: string): string {
  const name = field.replace(/\[\d+\]$/, '')
  return WIRE_NAMES.get(name) ?? name
}
