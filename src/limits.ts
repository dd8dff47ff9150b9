/**
 * What one app, account or address may take. Apart from the limit of live tokens, they are kept by each process for itself: with n
 * processes up to n times as much is possible.
 */
export interface Limits {
  /**
   * Failed authentications of one app from one address in a minute, 1–1 000 000. Further failures are `too_many_failures` instead of
   * `app_authentication_failed`; valid credentials are always accepted. Default is 10.
   */
  readonly failedAttemptsPerApp: number
  /** The same from one address, an IPv4 address or a /64 of IPv6, whatever the app. Default is 50. */
  readonly failedAttemptsPerAddress: number
}

/** The default of each limit, and its range. */
export const LIMITS: Readonly<Record<keyof Limits, readonly [value: number, min: number, max: number]>> = {
  failedAttemptsPerApp: [10, 1, 1_000_000],
  failedAttemptsPerAddress: [50, 1, 1_000_000],
}
