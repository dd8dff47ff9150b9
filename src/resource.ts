/** Verifiers for resource servers without access to the store: by introspection, or with the public keys of the platform. */
export {
  type AnyAppGrantError,
  AppGrantError,
  type AppGrantErrorOptions,
  type ErrorCode,
  type ErrorDetails,
  isAppGrantError,
  type VerifyFailureReason,
} from './base/errors.ts'
export type { FieldError, FieldErrorCode } from './base/field-errors.ts'
export type {
  Acceptable,
  Access,
  Verification,
  Verifier,
  VerifyFailure,
  VerifyOptions,
} from './domain/tokens/verification.ts'
export type { FeedOptions } from './resource/feed.ts'
export { type IntrospectionOptions, introspectionVerifier } from './resource/introspection-verifier.ts'
export type { ResourceOptions } from './resource/options.ts'
export type { ResourceServerCredentials } from './resource/resource-server-client.ts'
export { type SignatureOptions, type SignatureVerifier, signatureVerifier } from './resource/signature-verifier.ts'
