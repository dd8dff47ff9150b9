import type { Events } from './base/events.ts'
import type { Claims } from './credentials/jwt/claims.ts'
import type { JwkSet } from './credentials/jwt/signed-format.ts'
import type { ScopeDescription } from './domain/accounts/scopes.ts'
import type { AppRegistry } from './domain/apps/app-registry.ts'
import type { RequestContext } from './domain/apps/authenticate-app.ts'
import type { ReadPermissions } from './domain/apps/permissions.ts'
import type { PushedRequests } from './domain/authorization/pushed-requests.ts'
import type { Authorizer } from './domain/authorizer.ts'
import type { DeviceGrant } from './domain/devices/device-grant.ts'
import type { Erased } from './domain/installs/erase-account.ts'
import type { Installs } from './domain/installs/installs.ts'
import type { NodeChecks } from './domain/prepare-node.ts'
import type { Registration } from './domain/registration/create-registration.ts'
import type { DpopSupport } from './domain/tokens/proofs.ts'
import type { WaitForReceipt } from './domain/tokens/receipts.ts'
import type { RevocationFeed } from './domain/tokens/revocation-feed.ts'
import type { TokenStore } from './domain/tokens/token-store.ts'
import type { Access } from './domain/tokens/verification.ts'

/** The management of apps, tokens and installs, with the authority of the host or of one account. */
export interface Management {
  readonly apps: AppRegistry
  readonly tokens: TokenStore
  readonly installs: Installs
  readonly permissions: ReadPermissions
}

/**
 * The authorization server. Its own `apps`, `tokens` and `installs` have the host's authority and may do everything: code that
 * serves an account must use {@link AppGrant.as}.
 */
export interface AppGrant extends Management, NodeChecks, AsyncDisposable {
  /** Issues, verifies and revokes tokens, and asks accounts for consent. */
  readonly authorizer: Authorizer
  /** Reports changes, refusals and outages of this process. */
  readonly events: Events
  /** The configured issuer; undefined if there is none. */
  readonly issuer: string | undefined
  /** What tokens can be issued for: the option `resources`, by default the issuer alone. */
  readonly resources: readonly string[]
  /** Registers programs that register themselves, without storing them. Undefined without the option `selfRegistration`. */
  readonly selfRegistration: Registration['selfRegistration']
  /** Authorizes devices without a browser. Undefined without the option `deviceGrant`. */
  readonly devices: DeviceGrant | undefined
  /** Takes authorization requests on the back channel. Undefined without the option `pushedRequests`. */
  readonly pushedRequests: PushedRequests | undefined
  /** The scope catalogue, in the order of the option `scopes`. Empty without it. */
  readonly scopes: readonly ScopeDescription[]
  /**
   * Returns the claims that the option `claims` adds to an access, for introspection. Rejects with `claims_unavailable` if it fails.
   * Undefined without the option.
   */
  readonly claims: ((access: Access) => Promise<Claims>) | undefined
  /** How proofs of possession are accepted. Undefined without the option `dpop`. */
  readonly dpop: DpopSupport | undefined
  /** Returns the public keys of signed access tokens, for `/jwks.json`. Undefined if access tokens are opaque. */
  readonly jwks: (() => Promise<JwkSet>) | undefined
  /** The option `maxStalenessMs`: how old a cached acceptance may be, of `introspectionVerifier` too. */
  readonly maxStalenessMs: number
  /** The feed of revocations, for `/revocations`. Undefined without the option. */
  readonly revocationFeed: RevocationFeed | undefined
  /**
   * Returns the management API with the authority of an account: it covers the apps that the account or an account below it owns,
   * and the tokens and installs that they hold. Everything else is not found.
   *
   * @param options - `login`: the real login behind the account, recorded with its operations. `remoteAddress`, `userAgent`: the
   *   request behind them, for the event `refused`.
   * @throws TypeError if the account is not an account id.
   */
  as(account: string, options?: { readonly login?: string | undefined } & RequestContext): Management
  /**
   * Returns the management API with the host's authority, recording the login that uses it.
   *
   * @throws TypeError if the login is not a string of 1–256 characters.
   */
  asHost(options: { readonly login: string }): Management
  /**
   * Removes what is stored of an account: its apps and everything they hold, its installs, and its access tokens; repeated until
   * nothing is left. What must stay for a while contains nothing of the account. Consent requests that it has not decided, and
   * user codes that it has entered, expire within some twenty minutes, and a code that it has approved for a program that is new to it can be exchanged, which registers an app, for
   * `codeSeconds`, unless the account is blocked. So block it in the directory first: while it goes on, nothing is ever complete.
   *
   * @throws {@link AppGrantError} `conflict` if the account went on all the time, `store_unavailable`, `outcome_unknown`: repeat the
   *   call.
   */
  erase(account: string): Promise<Erased>
  /**
   * Resolves when nothing accepts any more what was revoked before the call, by whichever operation, on whichever node: neither
   * `verify`, nor an acceptance that any node or `introspectionVerifier` has cached, nor a `signatureVerifier` with a feed. Call it
   * after the operation has resolved: while its outcome is unknown, there is nothing to wait for.
   *
   * It takes `maxStalenessMs` and, with `revocationFeed`, until each process that reads the feed has confirmed that it refuses what was
   * revoked, some seconds later, or has been silent for so long that it accepts nothing, which is its `silentSeconds`. With `signing`
   * and without a feed it takes a day, the longest that an access token can be valid.
   *
   * It does not cover services that check signatures in another way than by `signatureVerifier` with `feed`, if there is a feed, nor, for
   * these verifiers, what the directory says of accounts: these accept a token until it expires. The clocks of all nodes and of the
   * store's servers must agree to within a second, as always; those of services need not.
   *
   * @param options - `signal`: ends the wait.
   * @throws {@link AppGrantError} `revocation_unconfirmed` if it is told to stop waiting, or `close` is called; `clock_skew`,
   *   `store_unavailable`, `outcome_unknown` or `conflict` if it cannot begin: repeat the call.
   * @throws TypeError for an unknown option.
   */
  receipt: WaitForReceipt
  /** Does what is waiting in the background, ends every wait for a receipt, then closes what the store opened itself, never a client that was passed in. */
  close(): Promise<void>
}
