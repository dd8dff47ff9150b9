import { integerOption } from './base/integer-option.ts'
import { assertOptions } from './base/known-members.ts'

/**
 * What one app, account or address may take, so that it cannot fill the store or the memory of all. No honest one meets the
 * defaults. What is beyond a limit is rejected with `limit_reached`, failed attempts with `too_many_failures`; nothing is stored.
 * Each process counts for itself, so n processes allow up to n times as much; only live tokens are those in the store.
 */
export interface Limits {
  /**
   * Failed authentications of one app from one address in a minute, 1–1 000 000. Further failures are `too_many_failures` instead of
   * `app_authentication_failed`; valid credentials are always accepted. Default is 10.
   */
  readonly failedAttemptsPerApp: number
  /** The same from one address, an IPv4 address or a /64 of IPv6, whatever the app. Default is 50. */
  readonly failedAttemptsPerAddress: number
  /**
   * Live access tokens of an app for one account, those of all its sessions together, 1–10 000 000. They are counted once in many
   * issues, so that a few more may be issued. Default is 50 000.
   */
  readonly tokensPerAccount: number
  /** Access tokens issued to one app in a second, 1–1 000 000; to its sessions for one account, a quarter of it. Default is 1000. */
  readonly issuesPerSecond: number
  /** Consent requests made to one account in ten minutes, the time for which they can be decided, 1–1 000 000. Default is 100. */
  readonly consentRequestsPerAccount: number
  /**
   * User codes of devices that an account enters in an hour, 1–10 000, not counting those after which it has decided about a device.
   * A third of them in ten minutes, the time for which they wait for a device, but at least one. Default is 10.
   */
  readonly userCodesPerHour: number
  /**
   * Changes by one account in a minute, 1–1 000 000: every call of the API of `appgrant.as(account)` that may write, refused ones
   * included. The host's own changes are not limited. Default is 600.
   */
  readonly changesPerMinute: number
}

/** The default of each limit, and its range. */
export const LIMITS: Readonly<Record<keyof Limits, readonly [value: number, min: number, max: number]>> = {
  failedAttemptsPerApp: [10, 1, 1_000_000],
  failedAttemptsPerAddress: [50, 1, 1_000_000],
  tokensPerAccount: [50_000, 1, 10_000_000],
  issuesPerSecond: [1000, 1, 1_000_000],
  consentRequestsPerAccount: [100, 1, 1_000_000],
  userCodesPerHour: [10, 1, 10_000],
  changesPerMinute: [600, 1, 1_000_000],
}

const NAMES = { names: new Set(Object.keys(LIMITS)), instead: new Map<string, string>() }

/** @throws TypeError that names the invalid limit. */
export function checkLimits(given: { readonly [Name in keyof Limits]?: number | undefined } = {}): Limits {
  assertOptions('createAppGrant', given, NAMES, 'limits')
  const names = Object.keys(LIMITS) as (keyof Limits)[]
  const entries = names.map((name) => {
    const [byDefault, ...range] = LIMITS[name]
    const { [name]: value = byDefault } = given
    return [name, integerOption('createAppGrant', `limits.${name}`, value, range)]
  })
  return Object.fromEntries(entries)
}
