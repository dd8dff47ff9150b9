/** For services that guard resources without the store: verifiers that ask the platform, or know its keys. */
export { AppGrantError, isAppGrantError } from './base/errors.ts'
export type { Access, DenialReason, Denied, Verification, Verifier, VerifyOptions } from './domain/verifier.ts'
export { type IntrospectionOptions, introspectionVerifier } from './resource/introspection-verifier.ts'
export type { ResourceOptions } from './resource/options.ts'
export { type SignatureOptions, signatureVerifier } from './resource/signature-verifier.ts'
