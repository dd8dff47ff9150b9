import { knownMembers } from '../../base/known-members.ts'
import { nameOf } from '../../credentials/digest.ts'
import { nameRule } from '../apps/fields/plain-text.ts'
import { selfRegisteredRedirectRule } from '../apps/fields/self-registered-redirect.ts'
import { readSubmission } from '../apps/fields/submission.ts'
import { homepageRule } from '../apps/fields/web-address.ts'
import { LOOPBACK_URL, type RedirectPolicy, receiverOf } from '../input/redirect-policy.ts'
import { shownValue } from '../input/shown-value.ts'
import type { Proposal } from './proposal.ts'

const MAX_REDIRECT_URLS = 10

/** What a program says of itself. Every member may be of any type. */
export interface Description {
  /** Default is the host of the first redirect URL that is allowed. */
  readonly name?: unknown
  /** An invalid one counts as absent. */
  readonly homepage?: unknown
  readonly redirectUrls?: unknown
  /** Anything but true counts as false. */
  readonly dpopBoundAccessTokens?: unknown
}

/** A valid description, and the redirect URLs that are allowed as they were sent. */
export interface CheckedDescription
  extends Pick<Proposal, 'name' | 'homepage' | 'redirectUrls' | 'dpopBoundAccessTokens'> {
  readonly sentRedirectUrls: readonly string[]
}

const DESCRIPTION = knownMembers<Description>({
  name: true,
  homepage: true,
  redirectUrls: true,
  dpopBoundAccessTokens: true,
})

/**
 * Checks what a program says of itself. Redirect URLs that are not allowed are left out: some programs send those of all their
 * versions together.
 *
 * @throws {@link AppGrantError} `invalid_fields`, with the code `redirect_required` if no redirect URL is allowed.
 */
export function checkDescription(given: Description, policy: RedirectPolicy): CheckedDescription {
  const { homepage, redirectUrls } = given
  const sent = Array.isArray(redirectUrls) ? redirectUrls : []
  const allowed = allowedOf(sent.slice(0, MAX_REDIRECT_URLS), policy)
  const host = hostsOf(allowed).find((one) => !one.endsWith(':'))
  const submission = readSubmission({ ...given, ...(isMissing(given.name) && { name: host }) }, DESCRIPTION)
  const isText = typeof homepage === 'string' && homepage.length <= homepageRule.maxUnits
  const address = isText ? homepageRule.check(homepage) : undefined
  const name = submission.required('name', nameRule, undefined)
  if (sent.length > MAX_REDIRECT_URLS)
    submission.refuse('redirectUrls', 'too_many', `at most ${MAX_REDIRECT_URLS} entries`, `${sent.length} entries`)
  else if (allowed.length === 0) {
    const received = sent.length === 0 ? shownValue(redirectUrls) : 'none that is'
    submission.refuse('redirectUrls', 'redirect_required', 'at least one redirect URL that is allowed here', received)
  }
  if (!submission.isClean() || name === undefined) throw submission.error()
  return {
    name,
    ...(address?.ok && { homepage: address.value.display }),
    ...(given.dpopBoundAccessTokens === true && { dpopBoundAccessTokens: true }),
    redirectUrls: [...new Set(allowed.map(withoutLoopbackPort))].sort(),
    sentRedirectUrls: allowed,
  }
}

/** The hosts that responses may be sent to, without ports, in the order of the URLs. */
export function hostsOf(redirectUrls: readonly string[]): readonly string[] {
  return [...new Set(redirectUrls.map((url) => receiverOf(url).hostname))]
}

/** The digest by which an account's app that comes from this source is found again. */
export function identityOf(...source: readonly string[]): string {
  return nameOf(43, ...source)
}

/** Programs take another port of a loopback address each time, and all of them are allowed (RFC 8252 §7.3). */
function withoutLoopbackPort(url: string): string {
  const [, host, port, rest = ''] = LOOPBACK_URL.exec(url) ?? []
  return port === undefined ? url : `http://${host}${rest}`
}

function allowedOf(sent: readonly unknown[], policy: RedirectPolicy): readonly string[] {
  const rule = selfRegisteredRedirectRule(policy)
  const isAllowed = (url: unknown): url is string =>
    typeof url === 'string' && url.length <= rule.maxUnits && rule.check(url).ok
  return [...new Set(sent.filter(isAllowed))]
}

function isMissing(text: unknown): boolean {
  return text === undefined || text === ''
}
