import { isAppGrantError } from '../../base/errors.ts'
import { unknownMembers } from '../../base/known-members.ts'
import { digestOf } from '../../credentials/digest.ts'
import type { SessionSignIn } from '../../records/session.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { accountInput, isTextList } from '../input/input.ts'
import { type Audiences, resourcesInput } from '../input/resources.ts'
import { isScopeToken } from '../input/scope-token.ts'
import { shownValue } from '../input/shown-value.ts'
import { isThumbprint, THUMBPRINT } from '../input/thumbprint.ts'
import { TIME, timeInput } from '../input/time-input.ts'
import { readOwn } from './fields/submission.ts'
import { isImportedKey } from './find-app.ts'
import type { ImportError } from './imported-app.ts'
import {
  type CheckedInstall,
  type CheckedRefreshToken,
  IMPORTED_INSTALL,
  LEGACY_REFRESH_TOKEN,
} from './imported-install.ts'
import { type AddError, BUILT_IN_SCHEMES, digestIn, isPlaceholder, lengthOf } from './imported-secrets.ts'
import { lastUsedDay, readActor, readEpoch } from './read-history.ts'

const MAX_SCOPES = 100
/** Of an imported refresh token, in characters: others issue JWTs. */
export const MAX_LEGACY_TEXT = 4096

/** An entry that was checked. `install` is absent if it has errors. */
export interface ReadInstall {
  readonly key: string
  readonly account: string
  readonly install: CheckedInstall | undefined
  readonly errors: readonly ImportError[]
}

/** Checks an entry, with the directory as it is at the moment. Nothing of the store is read. */
export async function readImportedInstall(
  entry: object,
  parts: { readonly accounts: Accounts; readonly audiences: Audiences; readonly clock: () => number },
): Promise<ReadInstall> {
  const errors: ImportError[] = []
  const add: AddError = (field, code, expected, received) => void errors.push({ field, code, expected, received })
  const now = parts.clock()
  const read = (name: string) => readOwn(entry, name)
  for (const { name, expected } of unknownMembers(entry, IMPORTED_INSTALL)) add(name, 'unknown_field', expected, name)
  const key = read('app')
  const isKeyed = typeof key === 'string' && isImportedKey(key)
  if (!isKeyed) add('app', 'invalid_value', 'the key of an app: 1–255 characters of visible ASCII', shownValue(key))
  const { account, epoch } = await readAccount()
  const before = readEpoch(read('epoch'), add)
  const hasEnded = before !== undefined && before.epoch !== epoch
  const scope = readScope()
  const audience = readResources()
  const installedAt = pastTime('installedAt', read('installedAt')) ?? now
  const approvedBy = { account, ...readActor('approvedBy', read('approvedBy'), add) }
  const endsAt = futureTime('expiresAt', read('expiresAt'))
  const refreshToken = readRefreshToken(read('refreshToken'))
  const install = {
    account,
    epoch,
    hasEnded,
    scope,
    audience,
    installedAt,
    ...lastUsedDay(read('lastUsedOn'), add),
    approvedBy,
    endsAt,
    ...(refreshToken && { refreshToken }),
  }
  return { key: isKeyed ? key : '', account, install: errors.length > 0 ? undefined : install, errors }

  async function readAccount(): Promise<{ readonly account: string; readonly epoch: string | undefined }> {
    const given = read('account')
    try {
      const account = accountInput(given)
      const lineage = await parts.accounts.lineage(account)
      if (lineage.length === 0)
        add('account', 'unknown_account', 'an account that the directory knows', shownValue(account))
      return { account, epoch: lineage[0]?.epoch }
    } catch (error) {
      if (!isAppGrantError(error, 'invalid_request')) throw error
      add('account', 'invalid_value', 'an account id of 1–256 characters', shownValue(given))
      return { account: '', epoch: undefined }
    }
  }

  function readScope(): readonly string[] {
    const given = read('scope') ?? []
    if (isTextList(given, MAX_SCOPES) && given.every(isScopeToken)) return [...new Set(given)]
    add('scope', 'invalid_value', `a list of at most ${MAX_SCOPES} scopes`, shownValue(given))
    return []
  }

  function readResources(): readonly string[] | undefined {
    try {
      return parts.audiences.requested(resourcesInput(read('resources')))
    } catch (error) {
      if (!isAppGrantError(error, 'invalid_target')) throw error
      return add('resources', 'invalid_value', 'some of the option resources', shownValue(read('resources')))
    }
  }

  function pastTime(field: string, value: unknown): number | undefined {
    const time = value === undefined ? undefined : timeInput(value)
    if (value === undefined || (time !== undefined && time <= now)) return time
    return add(field, 'invalid_value', `${TIME}, in the past`, shownValue(value))
  }

  function futureTime(field: string, value: unknown): number | undefined {
    const time = value === undefined ? undefined : timeInput(value)
    if (value === undefined || (time !== undefined && time > now)) return time
    return add(
      field,
      'invalid_value',
      `${TIME}, in the future: what has expired need not be imported`,
      shownValue(value),
    )
  }

  function readRefreshToken(value: unknown): CheckedRefreshToken | undefined {
    if (value === undefined) return undefined
    if (typeof value !== 'object' || value === null)
      return add('refreshToken', 'wrong_type', 'an object with scheme and text', typeof value)
    for (const { name, expected } of unknownMembers(value, LEGACY_REFRESH_TOKEN))
      add(`refreshToken.${name}`, 'unknown_field', expected, name)
    const digest = readDigest(readOwn(value, 'scheme'), readOwn(value, 'text'))
    const expiresAt = futureTime('refreshToken.expiresAt', readOwn(value, 'expiresAt'))
    const signIn = readSignIn(readOwn(value, 'authenticatedAt'), readOwn(value, 'acr'))
    const jkt = readKey(readOwn(value, 'jkt'))
    return digest === undefined ? undefined : { digest, expiresAt, signIn, ...(jkt !== undefined && { jkt }) }
  }

  /** What is shown of a token in an error is its length. */
  function readDigest(scheme: unknown, text: unknown): string | undefined {
    if (typeof scheme !== 'string' || !BUILT_IN_SCHEMES.includes(scheme))
      return add('refreshToken.scheme', 'unknown_scheme', `one of ${BUILT_IN_SCHEMES.join(', ')}`, '…')
    if (scheme !== 'plain') {
      const expected = `a SHA-256 in ${scheme.slice('sha256-'.length)}`
      return digestIn(scheme, text) ?? add('refreshToken.text', 'not_a_hash', expected, lengthOf(text))
    }
    const isPlain = typeof text === 'string' && text.length <= MAX_LEGACY_TEXT && /^[\x20-\x7e]+$/.test(text)
    if (isPlain && !isPlaceholder(text)) return digestOf(text)
    const expected = `the refresh token itself: 1–${MAX_LEGACY_TEXT} characters of printable ASCII`
    return add('refreshToken.text', 'not_a_secret', expected, lengthOf(text))
  }

  function readKey(jkt: unknown): string | undefined {
    if (jkt === undefined || isThumbprint(jkt)) return jkt
    return add('refreshToken.jkt', 'invalid_value', THUMBPRINT, shownValue(jkt))
  }

  function readSignIn(authenticatedAt: unknown, acr: unknown): SessionSignIn {
    const at = pastTime('refreshToken.authenticatedAt', authenticatedAt)
    const isAcr = acr === undefined || (typeof acr === 'string' && isScopeToken(acr))
    if (!isAcr) add('refreshToken.acr', 'invalid_value', '1–100 printable characters without spaces', shownValue(acr))
    return { ...(at !== undefined && { at }), ...(isAcr && acr !== undefined && { acr }) }
  }
}
