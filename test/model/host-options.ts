import type { AppGrantOptions } from '../../src/index.ts'
import { SCOPES } from '../support/scopes.ts'

/** The options of the host that a life changes. */
export interface HostOptions {
  /** The scope catalogue. */
  scopes: readonly string[]
  /** Which apps with a secret may have redirect URLs on a loopback address. */
  loopback: 'public' | 'all' | undefined
  /** Whether a refresh gives another refresh token. */
  rotates: boolean
}

export function everythingAllowed(): HostOptions {
  return { scopes: Object.keys(SCOPES), loopback: 'all', rotates: true }
}

export function optionsOf({ scopes, loopback, rotates }: HostOptions): Partial<AppGrantOptions> {
  return {
    scopes: Object.fromEntries(scopes.map((scope) => [scope, `The scope ${scope}`])),
    redirects: { loopback },
    rotateRefreshTokens: rotates,
  }
}

/** Consent requests of one account in {@link CONSENT_WINDOW_MS}. */
export const MOST_CONSENTS = 4
export const CONSENT_WINDOW_MS = 600_000
