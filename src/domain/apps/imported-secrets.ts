import { isList } from '../../base/describe-value.ts'
import { knownMembers, unknownMembers } from '../../base/known-members.ts'
import { digestOf } from '../../credentials/digest.ts'
import type { RandomText } from '../../credentials/random.ts'
import type { StoredSecret } from '../../records/app.ts'
import { TIME, timeInput } from '../input/time-input.ts'
import { createSecretId, MAX_SECRETS } from './app-secret.ts'
import { readOwn } from './fields/submission.ts'
import type { ImportErrorCode, LegacySecret } from './imported-app.ts'
import { canBeSecret } from './presented-secret.ts'

/** Adds an error to those of an entry. */
export type AddError = (field: string, code: ImportErrorCode, expected: string, received: string) => undefined

const LEGACY_SECRET = knownMembers<LegacySecret>({ scheme: true, text: true, createdAt: true })
const SCHEME = /^[\w.-]{1,64}$/
const MAX_HASH = 1024
const DIGEST_BYTES = 32
const ENCODINGS = { 'sha256-hex': 'hex', 'sha256-base64': 'base64', 'sha256-base64url': 'base64url' } as const
/** The schemes that need no function of the host. */
export const BUILT_IN_SCHEMES: readonly string[] = ['plain', ...Object.keys(ENCODINGS)]
const BUILT_IN = BUILT_IN_SCHEMES.join(', ')
// How others begin what they store of a secret: $name$…, {NAME}…, and Django's hashers.
const HASH =
  /^(\$[\w.-]+\$|\{[\w.@-]+\}|(pbkdf2_sha256|pbkdf2_sha1|argon2|bcrypt_sha256|bcrypt|scrypt|sha1|md5|unsalted_sha1|unsalted_md5|crypt)\$)./
const HASH_FORM = 'a hash: $name$…, {NAME}…, or name$… as Django writes it'
/** A secret that was masked in an export, or that is in a vault. */
const PLACEHOLDER = /^(\*+|\$\{.*\})$/
/** Hashes that would be verified as another: no library would accept the right secret, or it would accept wrong ones. */
const OTHER_HASHES = [
  [/^\$pbkdf2-sha(224|384)\$/, 'Ory hashes pbkdf2-sha224 and pbkdf2-sha384 with SHA-3'],
  // DES, as Django and LDAP write it.
  [/^(crypt\$|\{crypt\}[^$])/i, 'crypt ignores all but 8 bytes of a secret'],
] as const

/** Reads the secrets of an app to import. What is shown of them in an error is their length. */
export function readImportedSecrets(
  entry: object,
  {
    add,
    random,
    now,
    createdAt,
    canVerify,
  }: {
    readonly add: AddError
    readonly random: RandomText
    readonly now: number
    readonly createdAt: number
    readonly canVerify: boolean
  },
): readonly StoredSecret[] {
  const secret = readOwn(entry, 'secret')
  const given = readOwn(entry, 'legacySecret')
  const hashed = (isList(given) ? Array.from(given) : [given])
    .slice(0, MAX_SECRETS + 1)
    .filter((one) => one !== undefined)
  const secrets: StoredSecret[] = []
  if (secret !== undefined) {
    const digest = digestOfPlain('secret', secret)
    if (digest !== undefined) secrets.push({ id: createSecretId(random), digest, createdAt })
  }
  for (const [at, one] of hashed.entries()) {
    const read = readLegacy(isList(given) ? `legacySecret[${at}]` : 'legacySecret', one)
    if (read) secrets.push(read)
  }
  if (hashed.length + Number(secret !== undefined) > MAX_SECRETS)
    add('legacySecret', 'too_many', `at most ${MAX_SECRETS} secrets`, 'more')
  return secrets

  function readLegacy(field: string, value: unknown): StoredSecret | undefined {
    if (typeof value !== 'object' || value === null)
      return add(field, 'wrong_type', 'an object with scheme and text', typeof value)
    const [scheme, text, made] = ['scheme', 'text', 'createdAt'].map((name) => readOwn(value, name))
    const [unknown] = unknownMembers(value, LEGACY_SECRET)
    if (unknown) return add(`${field}.${unknown.name}`, 'unknown_field', unknown.expected, unknown.name)
    const time = made === undefined ? createdAt : timeInput(made)
    if (time === undefined || time > now) return add(`${field}.createdAt`, 'invalid_value', `${TIME}, in the past`, '…')
    if (typeof scheme !== 'string' || !SCHEME.test(scheme))
      return add(`${field}.scheme`, 'invalid_value', `one of ${BUILT_IN}, or a name of the host`, '…')
    const known = { id: createSecretId(random), createdAt: time }
    if (scheme === 'plain') {
      const digest = digestOfPlain(`${field}.text`, text)
      return digest === undefined ? undefined : { ...known, digest }
    }
    if (Object.hasOwn(ENCODINGS, scheme)) {
      const digest = digestIn(scheme, text)
      const expected = `a SHA-256 in ${scheme.slice('sha256-'.length)}`
      return digest === undefined ? add(`${field}.text`, 'not_a_hash', expected, lengthOf(text)) : { ...known, digest }
    }
    if (!canVerify)
      return add(`${field}.scheme`, 'unknown_scheme', `one of ${BUILT_IN}, or the option verifyLegacySecret`, scheme)
    if (typeof text !== 'string' || text.length > MAX_HASH || !HASH.test(text) || text.startsWith('{noop}'))
      return add(`${field}.text`, 'not_a_hash', `${HASH_FORM}; a secret in clear is plain`, lengthOf(text))
    const [, why] = OTHER_HASHES.find(([pattern]) => pattern.test(text)) ?? []
    if (why)
      return add(`${field}.text`, 'not_a_hash', `another hash: ${why}; give the app a new secret`, lengthOf(text))
    return { ...known, legacy: { scheme, text } }
  }

  function digestOfPlain(field: string, text: unknown): string | undefined {
    if (typeof text !== 'string' || !canBeSecret(text) || !/^[\x20-\x7e]+$/.test(text))
      return add(field, 'not_a_secret', '1–255 characters of printable ASCII', lengthOf(text))
    if (isPlaceholder(text))
      return add(field, 'not_a_secret', 'the secret itself, which this text only stands for', lengthOf(text))
    if (HASH.test(text))
      return add(field, 'not_a_secret', 'the secret in clear: a hash is a legacySecret with its scheme', lengthOf(text))
    return digestOf(text)
  }
}

/** Whether the text only stands for a secret. */
export function isPlaceholder(text: string): boolean {
  return PLACEHOLDER.test(text)
}

/** The SHA-256 of a text in one of the built-in schemes, as it is stored here. Undefined if it is none. */
export function digestIn(scheme: string, text: unknown): string | undefined {
  const encoding = ENCODINGS[scheme as keyof typeof ENCODINGS]
  if (typeof text !== 'string' || text.length > 2 * DIGEST_BYTES) return undefined
  const bytes = Buffer.from(text, encoding)
  const isExact = bytes.toString(encoding) === (encoding === 'hex' ? text.toLowerCase() : text)
  const isPadded =
    encoding === 'base64' ? bytes.toString(encoding) === `${text}=` : `${bytes.toString(encoding)}=` === text
  return bytes.length === DIGEST_BYTES && (isExact || isPadded) ? bytes.toString('base64url') : undefined
}

/** What is shown of a secret. */
export function lengthOf(value: unknown): string {
  return typeof value === 'string' ? `a text of ${value.length} characters` : typeof value
}
