export {
  type AnyAppGrantError,
  AppGrantError,
  type AppGrantErrorOptions,
  type ErrorCode,
  type ErrorDetails,
  isAppGrantError,
  type VerifyFailureReason,
} from './base/errors.ts'
export type {
  Actor,
  AppChange,
  AppGrantEvent,
  EventMap,
  EventSource,
  Events,
  OutageCode,
  Refusal,
  RefusalFacts,
  TokenChange,
} from './base/events.ts'
export type { FieldError, FieldErrorCode } from './base/field-errors.ts'
export { REFUSAL_REASONS, type RefusalCode, type RefusalReason } from './base/refusal-reasons.ts'
export { type AppGrant, createAppGrant, type Management } from './create-app-grant.ts'
export type { AssertionOptions } from './credentials/jwt/assertion-policy.ts'
export type { Claims } from './credentials/jwt/claims.ts'
export type { SignatureAlgorithm } from './credentials/jwt/compact.ts'
export type { JwkSet } from './credentials/jwt/signed-format.ts'
export {
  type ExternalKey,
  generateSigningKey,
  type Jwk,
  type SigningKey,
  type SigningOptions,
} from './credentials/jwt/signing-keys.ts'
export type { AccountDirectory, AccountState, AppIdentity } from './domain/accounts/accounts.ts'
export type { ScopeDescription } from './domain/accounts/scopes.ts'
export type { App, AppCounts, AppStanding } from './domain/apps/app.ts'
export type { AppFields, AppUpdate, ExpectedFields, NewApp, NewAppWithSecret } from './domain/apps/app-fields.ts'
export type { AppJwk, PublicJwk } from './domain/apps/app-jwks.ts'
export type { AppQuery, AppRegistry, WithSecret } from './domain/apps/app-registry.ts'
export type {
  AppAssertion,
  AppAuthentication,
  AppCredentials,
  AppSecret,
  RequestContext,
} from './domain/apps/authenticate-app.ts'
export type {
  ExportOptions,
  ImportError,
  ImportErrorCode,
  ImportedApp,
  ImportOptions,
  ImportOutcome,
  ImportResult,
  ImportSummary,
  LegacySecret,
} from './domain/apps/imported-app.ts'
export type { ImportedInstall, LegacyRefreshToken } from './domain/apps/imported-install.ts'
export type { VerifyLegacySecret } from './domain/apps/legacy-secrets.ts'
export type { Permissions, ReadPermissions } from './domain/apps/permissions.ts'
export type { Entries } from './domain/apps/run-import.ts'
export type {
  Authorization,
  AuthorizingActor,
  Consent,
  ConsentDecision,
  Redirect,
} from './domain/authorization/authorization.ts'
export type { ConsentPolicy, ConsentQuestion, DecideConsent } from './domain/authorization/consent-policy.ts'
export type { PushedRequest, PushedRequests, PushedRequestsPolicy } from './domain/authorization/pushed-requests.ts'
export type {
  BrowserRegistration,
  RegisteredApp,
  RegistrationCodeInput,
  RegistrationRequest,
} from './domain/authorization/registration.ts'
export type { Authorizer } from './domain/authorizer.ts'
export type {
  DeviceActor,
  DeviceAuthorization,
  DeviceCodeInput,
  DeviceConsent,
  DeviceEntry,
  DeviceGrant,
  DeviceRequestInput,
  DeviceWaiting,
  EnteringActor,
} from './domain/devices/device-grant.ts'
export type { DeviceGrantOptions } from './domain/devices/device-options.ts'
export type { CodeInput } from './domain/grants/authorization-code.ts'
export type { ClientCredentialsInput } from './domain/grants/client-credentials.ts'
export type { RefreshInput } from './domain/grants/refresh-token.ts'
export type { AppAndAccount } from './domain/input/app-and-account.ts'
export type { Lifetimes } from './domain/input/lifetimes.ts'
export { paginate } from './domain/input/paginate.ts'
export type { RedirectOptions } from './domain/input/redirect-policy.ts'
export type { UserAuthentication } from './domain/input/user-authentication.ts'
export type { Erased } from './domain/installs/erase-account.ts'
export type { Install, InstallCounts, InstallQuery, Installs } from './domain/installs/installs.ts'
export type { Leak } from './domain/leaks/report-leak.ts'
export type { NodeChecks } from './domain/prepare-node.ts'
export type { Description } from './domain/registration/check-proposal.ts'
export type { DocumentResponse, FetchDocument } from './domain/registration/fetch-document.ts'
export type { DescribedBefore } from './domain/registration/follow-document.ts'
export type { Proposal } from './domain/registration/proposal.ts'
export type { RegisteredClient, SelfRegistration } from './domain/registration/self-registration.ts'
export type { AdmitProposal, SelfRegistrationOptions } from './domain/registration/self-registration-options.ts'
export type { TokenResponse } from './domain/tokens/access-token-issuer.ts'
export type { ClaimsFunction } from './domain/tokens/host-claims.ts'
export type { DpopOptions, DpopSupport } from './domain/tokens/proofs.ts'
export type { DpopProofInput } from './domain/tokens/proven-keys.ts'
export type { Receipt, ReceiptOptions, WaitForReceipt } from './domain/tokens/receipts.ts'
export type { FeedQuery, RevocationFeed } from './domain/tokens/revocation-feed.ts'
export type { TokenInfo, TokenStore } from './domain/tokens/token-store.ts'
export type {
  Acceptable,
  Access,
  Verification,
  Verifier,
  VerifyFailure,
  VerifyOptions,
} from './domain/tokens/verification.ts'
export type { Limits } from './limits.ts'
export type { AppGrantOptions } from './options.ts'
export type { AppLifetimes, AppOrigin } from './records/app.ts'
export type { Page, PageQuery } from './records/pages.ts'
export type { Store } from './store/store.ts'
