import { isList } from '../../base/describe-value.ts'
import type { Actor } from '../../base/events.ts'
import { knownMembers, unknownMembers } from '../../base/known-members.ts'
import type { AppOrigin } from '../../records/app.ts'
import { accountInput, isTextList, loginInput } from '../input/input.ts'
import { shownValue } from '../input/shown-value.ts'
import { timeInput } from '../input/time-input.ts'
import { readOwn } from './fields/submission.ts'
import type { AddError } from './imported-secrets.ts'

const ORIGIN = knownMembers<AppOrigin>({ by: true, host: true, hosts: true, publisher: true, identity: true })
const MAX_HOSTS = 100
/** A host name, an address in brackets, or a scheme with its colon; or a digest. */
const WORD = /^[\x21-\x7e]{1,255}$/
const DAY = /^\d{4}-\d\d-\d\d$/
const DAY_MS = 86_400_000

/** The account and login that did something, as an export has them; the host by default. */
export function readActor(field: string, value: unknown, add: AddError): Actor {
  if (value === undefined) return {}
  try {
    if (typeof value !== 'object' || value === null) throw value
    const [account, login] = [readOwn(value, 'account'), readOwn(value, 'login')]
    return { ...(account !== undefined && { account: accountInput(account) }), ...loginInput(login) }
  } catch {
    add(field, 'invalid_value', 'an object with account and login', shownValue(value))
    return {}
  }
}

/** The day of a last use. */
export function lastUsedDay(value: unknown, add: AddError): { readonly lastUsedDay?: number } {
  if (value === undefined) return {}
  const time = typeof value === 'string' && DAY.test(value) ? timeInput(value) : undefined
  if (time !== undefined) return { lastUsedDay: time / DAY_MS }
  add('lastUsedOn', 'invalid_value', 'a day such as 2026-11-26', shownValue(value))
  return {}
}

/** The epoch that an account had, null if it had none. Undefined if the entry does not say. */
export function readEpoch(value: unknown, add: AddError): { readonly epoch: string | undefined } | undefined {
  if (value === undefined) return undefined
  if (value === null || typeof value === 'string') return { epoch: value ?? undefined }
  return add('epoch', 'wrong_type', 'a string, or null for none', shownValue(value))
}

/** Where an app comes from. */
export function readOrigin(value: unknown, add: AddError): AppOrigin | undefined {
  if (value === undefined) return undefined
  if (typeof value !== 'object' || value === null || isList(value))
    return add('origin', 'wrong_type', 'an object such as origin of an app', shownValue(value))
  for (const { name, expected } of unknownMembers(value, ORIGIN)) add(`origin.${name}`, 'unknown_field', expected, name)
  const read = (name: string) => readOwn(value, name)
  const [by, host, hosts, publisher, identity] = ['by', 'host', 'hosts', 'publisher', 'identity'].map(read)
  const isBy = by === 'itself' || by === 'browser'
  const areHosts = isTextList(hosts, MAX_HOSTS) && hosts.every((one) => WORD.test(one))
  if (!isBy || !isWord(host) || !areHosts || !isOptionalWord(publisher) || !isOptionalWord(identity))
    return add('origin', 'invalid_value', 'by, host, hosts, publisher and identity as in origin of an app', 'another')
  return {
    by,
    host,
    hosts: [...hosts],
    ...(publisher !== undefined && { publisher }),
    ...(identity !== undefined && { identity }),
  }
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && WORD.test(value)
}

function isOptionalWord(value: unknown): value is string | undefined {
  return value === undefined || isWord(value)
}
