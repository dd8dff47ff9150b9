export type { AppGrantOptions, Lifetimes } from './app-grant-options.ts'
export { AppGrantError, type ErrorCode, type ErrorDetails, type FieldError, isAppGrantError } from './base/errors.ts'
export type {
  Actor,
  AppChange,
  Event,
  EventMap,
  EventSource,
  Events,
  OutageCode,
  Refusal,
  RefusalFacts,
  TokenChange,
} from './base/events.ts'
export type { RefusalCode, RefusalReason } from './base/refusal-reasons.ts'
export { type AppGrant, createAppGrant, type Rights } from './create-app-grant.ts'
export type { SignatureAlgorithm } from './credentials/jwt/compact.ts'
export type { JwkSet } from './credentials/jwt/signed-format.ts'
export {
  type ExternalKey,
  generateSigningKey,
  type Jwk,
  type SigningKey,
  type SigningOptions,
} from './credentials/jwt/signing-keys.ts'
export type { Granted } from './domain/access-tokens.ts'
export type { AccountDirectory, AccountState, AppIdentity } from './domain/accounts.ts'
export type { App } from './domain/app.ts'
export type {
  AppAssertion,
  AppCredentials,
  AppProof,
  AppSecret,
  RequestFacts,
} from './domain/app-authentication.ts'
export type { AppFields, NewApp } from './domain/app-fields.ts'
export type { AppJwk, PublicJwk } from './domain/app-keys.ts'
export type { AppRegistry, WithSecret } from './domain/app-registry.ts'
export type { Answering, Authorization, Consent, Redirect } from './domain/authorization.ts'
export type { Authorizer } from './domain/authorizer.ts'
export { eachItem } from './domain/each-item.ts'
export type { Install, Installs } from './domain/installs.ts'
export type { CodeInput, RefreshInput } from './domain/session-grants.ts'
export type { AppAndAccount, TokenInfo, TokenStore } from './domain/token-store.ts'
export type { Access, DenialReason, Denied, Verification, Verifier, VerifyOptions } from './domain/verifier.ts'
export type { Page, PageQuery } from './records/pages.ts'
export {
  type GroupRef,
  type InsertOptions,
  notApplied,
  type PageRequest,
  type Position,
  type RecordPage,
  type RecordRef,
  type Store,
  type StoreRecord,
} from './store/store.ts'
