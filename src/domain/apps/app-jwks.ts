import { isList } from '../../base/describe-value.ts'
import type { FieldError, FieldErrorCode } from '../../base/field-errors.ts'
import { type AppJwk, algorithmsOf, loadPublicJwk, MEMBERS, PRIVATE_MEMBERS } from '../../credentials/jwt/app-jwk.ts'
import { shownValue } from '../input/shown-value.ts'
import { invalidFields, readOwn } from './fields/submission.ts'

export type { AppJwk }

/** Maximum number of keys of an app. */
export const MAX_JWKS = 10

/**
 * A public key as a JWK: EC on the curve P-256, OKP on Ed25519, or RSA of 2048–4096 bits with the exponent 65537. Members not
 * listed here are ignored, but private members are rejected.
 *
 * @see [RFC 7517 - JSON Web Key (JWK)](https://www.rfc-editor.org/rfc/rfc7517.html#section-4)
 */
export interface PublicJwk {
  readonly kty?: string | undefined
  /** The id that assertions refer to it by, 1–128 characters of printable ASCII. Default is its thumbprint (RFC 7638). */
  readonly kid?: string | undefined
  /** The only algorithm it may be used with. Default is any of ES256, EdDSA, Ed25519, PS256 and RS256 that fits its type. */
  readonly alg?: string | undefined
  /** `sig`, if present. */
  readonly use?: string | undefined
  /** Must include `verify`, if present. */
  readonly key_ops?: readonly string[]
  readonly crv?: string | undefined
  readonly x?: string | undefined
  readonly y?: string | undefined
  readonly n?: string | undefined
  readonly e?: string | undefined
}

/** Submitted keys, as stored, or what is wrong with them: one of the two is empty. */
interface SubmittedJwks {
  readonly jwks: readonly AppJwk[]
  readonly errors: readonly FieldError[]
}

interface JwksContext {
  readonly issuer: string | undefined
}

const EXPECTED =
  'a public JWK for signatures: EC on P-256, OKP on Ed25519, or RSA of 2048-4096 bits with the exponent AQAB; alg, if present, one of ES256, EdDSA, Ed25519, PS256, RS256'
const KEY_ID = /^[\x20-\x7e]{1,128}$/

/** The keys of an app to register; none if none are given. Errors are returned, to be reported with those of its fields. */
export async function readAppJwks(input: object, context: JwksContext): Promise<SubmittedJwks> {
  const value = readOwn(input, 'jwks')
  if (value === undefined) return { jwks: [], errors: [] }
  if (readOwn(input, 'public') === true) return refused('jwks', 'public_app_jwks', 'no keys for a public app', 'jwks')
  return readJwks(value, context)
}

/** @throws {@link AppGrantError} `invalid_fields` with every error of the keys. */
export async function assertAppJwks(value: unknown, context: JwksContext): Promise<readonly AppJwk[]> {
  const { jwks, errors } = await readJwks(value, context)
  if (errors.length > 0) throw invalidFields(errors)
  return jwks
}

async function readJwks(value: unknown, { issuer }: JwksContext): Promise<SubmittedJwks> {
  if (issuer === undefined)
    return refused(
      'jwks',
      'issuer_required',
      'the option issuer of createAppGrant, which assertions must name',
      'no issuer',
    )
  const length = isList(value) ? readOwn(value, 'length') : undefined
  if (!isList(value) || typeof length !== 'number')
    return refused('jwks', 'wrong_type', 'an array of public JWKs, as in the keys of a JWK set', shownValue(value))
  if (length === 0) return refused('jwks', 'required', 'at least one key', 'none')
  if (!(length <= MAX_JWKS)) return refused('jwks', 'too_many', `at most ${MAX_JWKS} keys`, `${length} keys`)
  const jwks: AppJwk[] = []
  const errors: FieldError[] = []
  for (let index = 0; index < length; index += 1) {
    const field = `jwks[${index}]`
    const jwk = await readJwk(field, readOwn(value, index))
    if ('code' in jwk) errors.push(jwk)
    else if (jwks.some(({ kid }) => kid === jwk.kid))
      errors.push(wrong(`${field}.kid`, 'duplicate', 'a different kid for each key', shownValue(jwk.kid)))
    else jwks.push(jwk)
  }
  return errors.length > 0 ? { jwks: [], errors } : { jwks, errors }
}

async function readJwk(field: string, value: unknown): Promise<AppJwk | FieldError> {
  if (typeof value !== 'object' || value === null || isList(value))
    return wrong(field, 'wrong_type', 'a JWK', shownValue(value))
  const exposed = PRIVATE_MEMBERS.find((name) => readOwn(value, name) !== undefined)
  if (exposed !== undefined)
    return wrong(
      `${field}.${exposed}`,
      'private_key',
      'the public members only; generate a new key pair, because this private key has been disclosed',
      'a private member',
    )
  const unusable = wrong(field, 'not_a_public_key', EXPECTED, `a JWK with kty ${shownValue(readOwn(value, 'kty'))}`)
  const jwk = publicMembers(value)
  const loaded = jwk && (await loadPublicJwk(jwk))
  if (!loaded) return unusable
  const given = readOwn(value, 'kid')
  if (given !== undefined && !(typeof given === 'string' && KEY_ID.test(given)))
    return wrong(`${field}.kid`, 'not_a_key_id', '1-128 characters of printable ASCII', shownValue(given))
  return { ...jwk, kid: given ?? loaded.thumbprint }
}

/** The members of a JWK that are stored; undefined if any is invalid. */
function publicMembers(value: object): Omit<AppJwk, 'kid'> | undefined {
  const [kty, alg, use, operations] = ['kty', 'alg', 'use', 'key_ops'].map((name) => readOwn(value, name))
  if (typeof kty !== 'string' || !Object.hasOwn(MEMBERS, kty)) return undefined
  const isForSignatures = (use === undefined || use === 'sig') && (operations === undefined || canVerify(operations))
  if (!isForSignatures || (alg !== undefined && typeof alg !== 'string')) return undefined
  const rules = Object.entries(MEMBERS[kty] ?? {})
  const members = rules.map(([name, form]) => ({ name, form, member: readOwn(value, name) }))
  const isComplete = members.every(({ member, form }) => typeof member === 'string' && form.test(member))
  if (!isComplete || algorithmsOf({ kty, ...(alg !== undefined && { alg }) }).length === 0) return undefined
  // The other types have one algorithm each, so an alg, possibly an older name of it, need not be stored.
  const restriction = kty === 'RSA' && alg !== undefined && { alg }
  return { kty, ...restriction, ...Object.fromEntries(members.map(({ name, member }) => [name, member])) }
}

function canVerify(operations: unknown): boolean {
  return isList(operations) && [0, 1, 2, 3].some((index) => readOwn(operations, index) === 'verify')
}

function wrong(field: string, code: FieldErrorCode, expected: string, received: string): FieldError {
  return { field, code, expected, received }
}

function refused(...error: Parameters<typeof wrong>): SubmittedJwks {
  return { jwks: [], errors: [wrong(...error)] }
}
