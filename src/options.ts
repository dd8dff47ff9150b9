import type { AssertionOptions } from './credentials/jwt/assertion-policy.ts'
import type { SigningOptions } from './credentials/jwt/signing-keys.ts'
import type { AccountDirectory, AppIdentity } from './domain/accounts/accounts.ts'
import type { VerifyLegacySecret } from './domain/apps/legacy-secrets.ts'
import type { DecideConsent } from './domain/authorization/consent-policy.ts'
import type { PushedRequestsPolicy } from './domain/authorization/pushed-requests.ts'
import type { DeviceGrantOptions } from './domain/devices/device-options.ts'
import type { Lifetimes } from './domain/input/lifetimes.ts'
import type { RedirectOptions } from './domain/input/redirect-policy.ts'
import type { SelfRegistrationOptions } from './domain/registration/self-registration-options.ts'
import type { ClaimsFunction } from './domain/tokens/host-claims.ts'
import type { DpopOptions } from './domain/tokens/proofs.ts'
import type { Limits } from './limits.ts'
import type { Store } from './store/store.ts'

/** Options of `createAppGrant`. */
export interface AppGrantOptions {
  /** Where all data is stored. There is no default: losing everything at exit must be a choice, made with `memoryStore()`. */
  readonly store: Store
  /**
   * The host's accounts. Default is none: every account is independent and active, and may use and register apps; only the host's own
   * authority can trust apps.
   */
  readonly directory?: AccountDirectory | undefined
  /**
   * The canonical https URL that identifies this authorization server, without query, fragment or trailing slash; http is allowed
   * on a loopback address, for development. Required by `appgrant/http`, by `signing`, by apps with public keys and for user
   * authorization. No default.
   *
   * @see [RFC 8414 - OAuth 2.0 Authorization Server Metadata](https://www.rfc-editor.org/rfc/rfc8414.html#section-2)
   */
  readonly issuer?: string | undefined
  /**
   * The resources that tokens can be issued for: 1–100 distinct URIs without fragment, of at most 512 characters each. An app
   * that requests none gets tokens for the first. A token is for the resources that were requested, and `verify` denies tokens
   * for any resource that is not listed here. Default is the issuer alone.
   *
   * @see [RFC 8707 - Resource Indicators for OAuth 2.0](https://www.rfc-editor.org/rfc/rfc8707.html#section-2)
   */
  readonly resources?: readonly string[] | undefined
  /**
   * The scope catalogue: the name of every scope, and what it means to people, which the consent page shows. At most 1000 scope
   * tokens of at most 100 characters, and descriptions of 1–200 characters. An app can register only these scopes, and one that is
   * removed from the catalogue gives nothing at once. Default is none: no app has scopes.
   *
   * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.3)
   */
  readonly scopes?: Readonly<Record<string, string>> | undefined
  /**
   * The keys that access tokens are signed with, so that services without access to the store can verify them. While keys are
   * configured, `verify` accepts both formats. Default is none: access tokens are opaque.
   *
   * @see [RFC 9068 - JWT Profile for OAuth 2.0 Access Tokens](https://www.rfc-editor.org/rfc/rfc9068.html#section-2)
   */
  readonly signing?: SigningOptions | undefined
  /**
   * Whether revocations are entered in a feed, `POST /revocations`, by which services without access to the store learn of them in
   * seconds: the option `feed` of `signatureVerifier`. Requires `signing`. Every operation that revokes then writes a record more.
   * It must be the same on all nodes. Default is false.
   */
  readonly revocationFeed?: boolean | undefined
  /**
   * The largest `maxStalenessMs` that any verification may use, in ms, 0–300 000: a larger one counts as this. It is how long a
   * {@link AppGrant.receipt} waits for cached acceptances, also those of `introspectionVerifier`, which is told of it. It must be the
   * same on all nodes. Default is 300 000.
   */
  readonly maxStalenessMs?: number | undefined
  /**
   * Lets apps bind their tokens to a key by proofs of possession (DPoP): `{}`, or with keys for nonces. Requires `issuer`. Services check
   * proofs by the option `dpop` of `protect`. Default is none: proofs at `/token` have no effect, and tokens are bearer tokens.
   *
   * @see [RFC 9449 - OAuth 2.0 Demonstrating Proof of Possession](https://www.rfc-editor.org/rfc/rfc9449.html#section-5)
   */
  readonly dpop?: DpopOptions | undefined
  /** Which assertions apps with keys may authenticate with. The defaults are those of {@link AssertionOptions}, the strictest. */
  readonly assertions?: AssertionOptions | undefined
  /**
   * Returns claims to add to a signed access token when it is issued and to the response of `/introspect`, or undefined for none:
   * at most 4 KiB of JSON, under names that tokens do not use already, such as `groups`. It has `timeoutMs`. If it fails, nothing
   * is issued or said of the token: the error is `claims_unavailable`, an outage. Default is none. Opaque tokens contain nothing,
   * and `verify` does not call it.
   *
   * WARNING: anyone who holds a signed token can read its claims.
   *
   * @see [RFC 9068 - JWT Profile for OAuth 2.0 Access Tokens](https://www.rfc-editor.org/rfc/rfc9068.html#section-2.2.3)
   */
  readonly claims?: ClaimsFunction | undefined
  /**
   * Whether an account is asked before it authorizes an app. Returns, for an app and a request:
   *
   * - `'ask'`: at every request. This is the default for all apps.
   * - `'remember'`: unless the account has authorized the app before, under the same epoch, for the same scope and resources or
   *   wider ones, and has not withdrawn it since.
   * - `'skip'`: never, for apps of the host itself.
   *
   * A request gets through only if a browser certainly navigates, and never for a public app whose redirect URL is not https
   * or is on `localhost`: other programs on the device can receive what is sent there. Anything that the function throws is an
   * unexpected error.
   *
   * WARNING: with `'skip'`, every page can install the app for the account that is signed in, by a link. Use it only for apps
   * that may do so. With both, a user who wants to choose another account or less scope is not asked.
   *
   * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-10.2)
   * @see [RFC 8252 - OAuth 2.0 for Native Apps](https://www.rfc-editor.org/rfc/rfc8252.html#section-8.6)
   */
  readonly consent?: DecideConsent | undefined
  /**
   * Checks the secrets of imported apps that another server has hashed in a way that is not built in, such as bcrypt: returns whether
   * `presented` is the secret of which `text`, in that `scheme`, is the hash. Once a secret was right, only its digest is stored, and
   * the function is not called for it again. At most 4 checks run at once, and one for each app; it has 5 seconds. Default is none:
   * such an app gets `legacy_secret_unavailable`.
   */
  readonly verifyLegacySecret?: VerifyLegacySecret | undefined
  /** The prefix of every token, `[a-z][a-z0-9]{1,9}`. Default is `ag`. */
  readonly tokenPrefix?: string | undefined
  /** How many apps one account may own, 1–100 000. Default is 1000. */
  readonly appsPerOwner?: number | undefined
  /** How long codes, tokens and sessions are valid. The defaults are those of {@link Lifetimes}. */
  readonly lifetimes?: { readonly [Name in keyof Lifetimes]?: Lifetimes[Name] | undefined } | undefined
  /** What one app, account or address may take. The defaults are those of {@link Limits}, which no honest one meets. */
  readonly limits?: { readonly [Name in keyof Limits]?: Limits[Name] | undefined } | undefined
  /**
   * Whether a refresh gives a new refresh token. False, for all apps that are not public or for those for which the function
   * returns false, keeps the one that was issued for the code until the session ends: for clients that never take a new one.
   * Default is true. Public apps always get a new one.
   *
   * WARNING: without rotation a copied refresh token goes unnoticed. Whoever has it and the credentials of the app gets access
   * tokens beside the app, until the session ends. So use it only for an app that keeps its credentials and its tokens apart, and
   * watch `token` events from other addresses than the app's.
   *
   * @see [RFC 9700 - Best Current Practice for OAuth 2.0 Security](https://www.rfc-editor.org/rfc/rfc9700.html#section-4.14.2)
   */
  readonly rotateRefreshTokens?: boolean | ((app: AppIdentity) => boolean) | undefined
  /** Which redirect URLs apps may register and use besides https. Default is none. What is taken back stops working at once. */
  readonly redirects?: RedirectOptions | undefined
  /**
   * Names that only the host may give an app, such as those of its own apps: at most 1000. An account cannot register an app of such
   * a name, rename one to it, or approve a program that calls itself so. Compared like names in a search: case, spacing and
   * compatibility forms make no difference, but letters of another script that look the same do. Default is none.
   */
  readonly reservedNames?: readonly string[] | undefined
  /** Lets programs register themselves, such as agents. Default is none: only accounts and the host register apps. */
  readonly selfRegistration?: SelfRegistrationOptions | undefined
  /**
   * 1–8 random keys of at least 32 bytes, the same on all nodes: what clients carry is sealed with the first, and read with all. To
   * replace a key, add the new one behind the old one on all nodes, then put it in front, and remove the old one ten minutes later.
   * Required by `deviceGrant` and `pushedRequests`. Default is none.
   */
  readonly keyRing?: readonly (string | Uint8Array)[] | undefined
  /** Lets devices without a browser ask users for access. Requires `issuer` and `keyRing`. Default is none: no device can. */
  readonly deviceGrant?: DeviceGrantOptions | undefined
  /**
   * Whether apps may send authorization requests to `/par` first, so that the browser carries only a reference: `'accepted'`, or
   * `'required'` if all must. Requires `issuer` and `keyRing`. Default is none: no request is pushed.
   *
   * @see [RFC 9126 - OAuth 2.0 Pushed Authorization Requests](https://www.rfc-editor.org/rfc/rfc9126.html)
   */
  readonly pushedRequests?: PushedRequestsPolicy | undefined
  /**
   * How long a call to the store, to the directory or to the `sign` of a key may take, in ms, 10–60 000. An operation that other
   * writers overtake is not attempted again after five times as long: it is a `conflict`. Default is 1000.
   */
  readonly timeoutMs?: number | undefined
  /**
   * Returns the time in ms since 1970. The clocks of all nodes, and of the store's servers, must agree to within a second: a node
   * whose clock differs more from the store's rejects with `clock_skew` whatever depends on the time. Default is `Date.now`.
   */
  readonly clock?: (() => number) | undefined
}
