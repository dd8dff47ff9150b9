import { isList } from '../../base/describe-value.ts'
import { isAppGrantError } from '../../base/errors.ts'
import type { FieldError } from '../../base/field-errors.ts'
import { keyOfImported } from '../../credentials/app-key.ts'
import type { LiveApp } from '../../records/app.ts'
import type { Accounts, Lineage } from '../accounts/accounts.ts'
import { accountInput } from '../input/input.ts'
import { APP_LIFETIME_NAMES, readLifetimes } from '../input/lifetimes.ts'
import { shownValue } from '../input/shown-value.ts'
import { TIME, timeInput } from '../input/time-input.ts'
import { type CheckedNewApp, checkApp } from './app-fields.ts'
import { readAppJwks } from './app-jwks.ts'
import type { RegistryParts } from './app-registry.ts'
import { fieldOptionsFor } from './field-options-for.ts'
import { readOwn, readSubmission } from './fields/submission.ts'
import { isImportedKey } from './find-app.ts'
import { IMPORTED_APP, type ImportError, type ImportOptions } from './imported-app.ts'
import { type AddError, readImportedSecrets } from './imported-secrets.ts'
import { newApp } from './new-app.ts'
import { lastUsedDay, readActor, readEpoch, readOrigin } from './read-history.ts'

/** An entry that was checked. `app` is absent if it has errors. */
export interface ReadApp {
  readonly key: string
  readonly app: LiveApp | undefined
  readonly errors: readonly ImportError[]
  readonly dropped: readonly FieldError[]
}

/** Checks an entry, with the directory as it is at the moment. Nothing of the store is read. */
export async function readImportedApp(
  entry: unknown,
  { drop = [], parts, accounts }: Pick<ImportOptions, 'drop'> & { parts: RegistryParts; accounts: Accounts },
): Promise<ReadApp> {
  const errors: ImportError[] = []
  const add: AddError = (field, code, expected, received) => void errors.push({ field, code, expected, received })
  const none = { key: '', app: undefined, dropped: [] }
  if (typeof entry !== 'object' || entry === null) {
    add('app', 'wrong_type', 'an object of fields', shownValue(entry))
    return { ...none, errors }
  }
  const now = parts.clock()
  const read = (name: string) => readOwn(entry, name)
  const type = read('type')
  if (type !== undefined && type !== 'app') add('type', 'invalid_value', 'app, install or no type', shownValue(type))
  const key = read('key')
  const isKeyed = typeof key === 'string' && isImportedKey(key)
  if (!isKeyed) add('key', 'invalid_value', '1–255 characters of visible ASCII', shownValue(key))
  const createdAt = timeOf('createdAt', read('createdAt'))
  const { owner, lineage } = await readOwner()
  const jwks = await readAppJwks(entry, parts)
  errors.push(...jwks.errors)
  const origin = readOrigin(read('origin'), add)
  const { checked, dropped } = readFields()
  const secrets = readImportedSecrets(entry, {
    add,
    random: parts.random,
    now,
    createdAt,
    canVerify: parts.verifiesLegacySecrets,
  })
  const isPublic = read('public') === true
  const hasJwks = read('jwks') !== undefined
  const hasSecret = ['secret', 'legacySecret'].some((name) => read(name) !== undefined)
  if (hasSecret && (isPublic || hasJwks))
    add('secret', 'invalid_value', `no secret for an app ${isPublic ? 'that is public' : 'with keys'}`, 'a secret')
  if (!hasSecret && !isPublic && !hasJwks)
    add('secret', 'required', 'a secret, legacySecret or jwks, unless the app is public', 'none')
  const published = flagOf('published')
  const more = {
    ...suspension(),
    ...resourceServer(isPublic),
    ...ownLifetimes(),
    ...lastUsedDay(read('lastUsedOn'), add),
  }
  if (!isKeyed || errors.length > 0 || !checked) return { ...none, key: isKeyed ? key : '', errors, dropped }
  const credentials = isPublic
    ? ({ type: 'none' } as const)
    : hasJwks
      ? ({ type: 'jwks', jwks: jwks.jwks } as const)
      : ({ type: 'secrets', secrets } as const)
  const own = keyOfImported({ owner, importedKey: key })
  const epoch = epochOf(lineage)
  const of = { key: own, owner, epoch, createdAt, checked, credentials, ...(origin && { origin }) }
  const app = newApp(parts, of)
  const imported = own === key ? app : { ...app, importedKey: key }
  return { key, app: { ...imported, published, ...more }, errors, dropped }

  async function readOwner(): Promise<{ readonly owner: string; readonly lineage: Lineage }> {
    const given = read('owner')
    try {
      const owner = accountInput(given, 'owner')
      const lineage = await accounts.lineage(owner)
      if (lineage.length === 0)
        add('owner', 'unknown_account', 'an account that the directory knows', shownValue(owner))
      return { owner, lineage }
    } catch (error) {
      if (!isAppGrantError(error, 'invalid_request')) throw error
      add('owner', 'invalid_value', 'an account id of 1–256 characters', shownValue(given))
      return { owner: '', lineage: [] }
    }
  }

  /** That of an app that was blocked because its owner has another one is kept: it stays blocked. */
  function epochOf(lineage: Lineage): string | undefined {
    const given = readEpoch(read('epoch'), add)
    return given ? given.epoch : lineage[0]?.epoch
  }

  /** Entries of the lists in `drop` that are invalid are left out, and what is left is checked again. */
  function readFields(): { readonly checked?: CheckedNewApp; readonly dropped: readonly FieldError[] } {
    const options = fieldOptionsFor(lineage, parts, {})
    try {
      return { checked: checkApp(readSubmission(entry, IMPORTED_APP), options, origin), dropped: [] }
    } catch (error) {
      if (!isAppGrantError(error, 'invalid_fields')) throw error
      const { fields } = error.details
      const isDropped = ({ field }: FieldError) => drop.some((list) => field.startsWith(`${list}[`))
      const dropped = fields.filter(isDropped)
      const rest = dropped.length > 0 ? without(entry as object, dropped) : undefined
      try {
        if (rest) return { checked: checkApp(readSubmission(rest, IMPORTED_APP), options, origin), dropped }
        errors.push(...fields)
      } catch (again) {
        if (!isAppGrantError(again, 'invalid_fields')) throw again
        // What is left of it may lack something, besides what was wrong before.
        const kept = fields.filter((one) => !isDropped(one))
        const isKnown = ({ field, code }: FieldError) => kept.some((one) => one.field === field && one.code === code)
        errors.push(...kept, ...again.details.fields.filter((one) => !isKnown(one)))
      }
      return { dropped }
    }
  }

  function timeOf(field: string, value: unknown): number {
    const time = value === undefined ? now : timeInput(value)
    if (time !== undefined && time <= now) return time
    add(field, 'invalid_value', `${TIME}, in the past`, shownValue(value))
    return now
  }

  function flagOf(field: string): boolean {
    const value = read(field)
    if (value !== undefined && typeof value !== 'boolean') add(field, 'wrong_type', 'true or false', shownValue(value))
    return value === true
  }

  function suspension(): Pick<LiveApp, 'suspended'> {
    const value = read('suspended')
    if (value === undefined) return {}
    if (typeof value !== 'object' || value === null) {
      add('suspended', 'wrong_type', 'an object with at and by', shownValue(value))
      return {}
    }
    const by = readActor('suspended.by', readOwn(value, 'by'), add)
    return { suspended: { at: timeOf('suspended.at', readOwn(value, 'at')), by } }
  }

  function resourceServer(isPublic: boolean): Pick<LiveApp, 'resourceServer'> {
    const value = read('resourceServer')
    if (value === undefined) return {}
    const isOne = typeof value === 'string' && parts.audiences.accepts([value])
    if (!isOne || isPublic)
      add(
        'resourceServer',
        'invalid_value',
        'one of the option resources, for an app that is not public',
        shownValue(value),
      )
    return { resourceServer: String(value) }
  }

  function ownLifetimes(): Pick<LiveApp, 'lifetimes'> {
    const value = read('lifetimes')
    if (value === undefined) return {}
    const refused = new Error('reported')
    const invalid = (field: string, expected: string, received: unknown) => {
      add(field, 'invalid_value', expected, shownValue(received))
      return refused
    }
    const unknown = (field: string, expected: string) => {
      add(field, 'unknown_field', expected, field)
      return refused
    }
    try {
      return { lifetimes: readLifetimes(value, { base: parts.lifetimes, names: APP_LIFETIME_NAMES, invalid, unknown }) }
    } catch (error) {
      if (error !== refused) throw error
      return {}
    }
  }
}

/** A copy of an entry whose lists lack what the errors are about. */
function without(entry: object, errors: readonly FieldError[]): object {
  const copy = Object.fromEntries(Object.keys(entry).map((name) => [name, readOwn(entry, name)]))
  for (const list of ['redirectUrls', 'scopes']) {
    const given = copy[list]
    const isLeft = (_: unknown, at: number) => !errors.some(({ field }) => field === `${list}[${at}]`)
    if (isList(given)) copy[list] = Array.from(given, (_, at) => readOwn(given, at)).filter(isLeft)
  }
  return copy
}
