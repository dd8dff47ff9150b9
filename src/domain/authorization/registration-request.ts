import { AppGrantError, isAppGrantError } from '../../base/errors.ts'
import type { CheckedFields } from '../../records/app.ts'
import { checkNewApp, type FieldOptions } from '../apps/app-fields.ts'
import { invalidFields } from '../apps/fields/submission.ts'
import { spacedList } from '../input/spaced-list.ts'
import { pageTexts } from './authorization-request.ts'
import { bindingOf, isChallenge } from './pkce.ts'

const MAX_PARAMETER = 4096
const MIN_STATE = 16
/** Replaces bytes that were not UTF-8: they cannot be returned as they were received. */
const REPLACEMENT = '\u{fffd}'

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

type Params = Readonly<Partial<Record<(typeof PARAMETERS)[number], string>>> & { readonly resource: string }

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
 * Reads the parameters of a registration that an app starts in the browser. Empty ones are absent, unknown ones ignored.
 *
 * @throws {@link AppGrantError} `invalid_request` if one is repeated or too long, or if `state` or the PKCE challenge is not valid.
 */
export function readRegistration(input: unknown): RegistrationParams {
  const params = readParams(input)
  const { state = '', code_challenge: challenge = '', code_challenge_method: method } = params
  if (state.length < MIN_STATE || state.includes(REPLACEMENT))
    throw invalidRequest(`state: expected at least ${MIN_STATE} characters in UTF-8, which nobody can guess`)
  if (method !== 'S256' || !isChallenge(challenge))
    throw invalidRequest('code_challenge: expected an S256 challenge of 43 characters and code_challenge_method=S256')
  return {
    apiType: params.api_type,
    state,
    resources: spacedList(params.resource),
    fields: (options) => checkFields(params, options),
    binding: (redirectUrl) => bindingOf(challenge, redirectUrl),
  }
}

function readParams(input: unknown): Params {
  if (!(input instanceof URLSearchParams)) throw invalidRequest('params: expected URLSearchParams')
  const read: { -readonly [Name in keyof Params]: Params[Name] } = { resource: input.getAll('resource').join(' ') }
  for (const name of PARAMETERS) {
    const values = input.getAll(name)
    if (values.length > 1) throw invalidRequest(`${name}: expected at most once, received ${values.length} times`)
    const [value] = values
    if (value !== undefined && value !== '') read[name] = value
  }
  const long = Object.entries(read).find(([, value]) => value.length > MAX_PARAMETER)
  if (long) throw invalidRequest(`${long[0]}: expected at most ${MAX_PARAMETER} characters`)
  return read
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

function invalidRequest(message: string): AppGrantError<'invalid_request'> {
  return new AppGrantError('invalid_request', pageTexts(message))
}
