import { invalidOption } from '../../base/errors.ts'
import { assertOptions, knownMembers } from '../../base/known-members.ts'
import { checkKeyRing, type KeyRing } from '../../credentials/key-ring.ts'
import { selfRegisteredRedirectRule } from '../apps/fields/self-registered-redirect.ts'
import { isPrivateUseScheme, type SelfRegisteredRedirects, schemeOf } from '../input/redirect-policy.ts'
import type { FetchDocument } from './fetch-document.ts'
import type { Proposal } from './proposal.ts'

/** Lets programs register themselves. What they register becomes an app of an account once that account has approved it. */
export interface SelfRegistrationOptions {
  /**
   * 1–8 random keys of at least 32 bytes, the same on all nodes: the first signs client ids, all verify them. They are not derived
   * from anything else and never expire.
   *
   * WARNING: programs keep their client id for years and do not notice that it became invalid. Without its key every such program
   * must be set up again by hand. So add a new key in front, and do not remove one.
   */
  readonly keys: readonly (string | Uint8Array)[]
  /** The scopes of the option `scopes` that these apps may request. One that is removed here gives nothing at once. No default. */
  readonly scopes: readonly string[]
  /**
   * Where responses may be sent. `'loopback'`: to a program on the user's own device, over http on `127.0.0.1`, `[::1]` or
   * `localhost`. `'https'`: also to any https URL. A list of at most 100: also to these whole URLs, which may have a private-use
   * scheme. Default is `'loopback'`. What is taken back stops working at once.
   *
   * WARNING: with `'https'`, anyone can ask the users of this server to send them a code.
   *
   * @see [RFC 8252 - OAuth 2.0 for Native Apps](https://www.rfc-editor.org/rfc/rfc8252.html#section-7.3)
   */
  readonly redirects?: 'loopback' | 'https' | readonly string[] | undefined
  /**
   * Whether the program may be let in, asked at each authorization request of a signed-in account, also for a device, before the
   * consent request is stored. Returns true or false at once. Default is to let all in.
   */
  readonly admit?: AdmitProposal | undefined
  /**
   * Fetches the documents of programs, whose URL then is a client id: `createDocumentFetcher()` of `appgrant/cimd`. A document is
   * fetched only when a signed-in account is asked, also for a device, at most once a minute, and within 5 seconds. Default is none: a
   * URL is not a client id.
   *
   * @see [Client ID Metadata Document](https://datatracker.ietf.org/doc/draft-ietf-oauth-client-id-metadata-document/)
   */
  readonly fetchDocument?: FetchDocument | undefined
}

/** The host's decision about a program that registers itself. */
export type AdmitProposal = (
  proposal: Proposal,
  by: { readonly account: string; readonly login?: string | undefined },
) => boolean

/** The validated options, with defaults applied. */
export interface SelfRegistrationPolicy {
  readonly keys: KeyRing
  readonly scopes: readonly string[]
  readonly redirects: SelfRegisteredRedirects
  readonly admit: AdmitProposal
  readonly fetchDocument: FetchDocument | undefined
}

const NAMES = knownMembers<SelfRegistrationOptions>(
  { keys: true, scopes: true, redirects: true, admit: true, fetchDocument: true },
  { key: 'keys', secret: 'keys', scope: 'scopes' },
)
const MAX_REDIRECTS = 100

/** @param catalogue - the option `scopes` of the host. */
export function checkSelfRegistration(
  given: SelfRegistrationOptions,
  catalogue: ReadonlyMap<string, string>,
): SelfRegistrationPolicy {
  assertOptions('createAppGrant', given, NAMES, 'selfRegistration')
  const { keys, scopes, redirects = 'loopback', admit = () => true, fetchDocument } = given
  if (!Array.isArray(scopes)) throw wrong('scopes', 'an array of scopes that the option scopes describes', scopes)
  for (const [at, scope] of scopes.entries())
    if (typeof scope !== 'string' || !catalogue.has(scope))
      throw wrong(`scopes[${at}]`, 'a scope that the option scopes describes', scope)
  if (typeof admit !== 'function') throw wrong('admit', 'a function of a proposal that returns true or false', admit)
  if (fetchDocument !== undefined && typeof fetchDocument !== 'function')
    throw wrong('fetchDocument', 'a function, such as createDocumentFetcher() of appgrant/cimd', fetchDocument)
  const checked = {
    keys: checkKeyRing('createAppGrant', 'selfRegistration.keys', keys),
    scopes: [...new Set(scopes)],
    redirects: checkRedirects(redirects),
  }
  return { ...checked, admit, fetchDocument }
}

function checkRedirects(redirects: unknown): SelfRegisteredRedirects {
  if (redirects === 'loopback' || redirects === 'https') return redirects
  const expected = `'loopback', 'https', or an array of at most ${MAX_REDIRECTS} whole URLs that are https or of a private-use scheme`
  if (!Array.isArray(redirects) || redirects.length > MAX_REDIRECTS) throw wrong('redirects', expected, redirects)
  for (const url of redirects) {
    const scheme = (typeof url === 'string' && schemeOf(url)) || ''
    const rule = selfRegisteredRedirectRule({ loopback: undefined, schemes: new Set(), selfRegistered: new Set([url]) })
    if ((scheme !== 'https' && !isPrivateUseScheme(scheme)) || url.length > rule.maxUnits || !rule.check(url).ok)
      throw wrong('redirects', expected, url)
  }
  return new Set(redirects)
}

function wrong(name: string, expected: string, received: unknown): TypeError {
  return invalidOption('createAppGrant', `selfRegistration.${name}`, expected, received)
}
