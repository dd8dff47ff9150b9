import type { ErrorCode } from './errors.ts'

const AUTHENTICATION = [
  'unknown_app',
  'removed_app',
  'wrong_secret',
  'missing_secret',
  'secret_of_public_app',
  'secret_of_app_with_keys',
  'missing_assertion',
  'assertion_of_app_without_keys',
  'malformed_assertion',
  'used_assertion',
  'assertion_typ',
  'assertion_key',
  'assertion_signature',
  'assertion_iss',
  'assertion_sub',
  'assertion_aud',
  'assertion_exp',
  'assertion_nbf',
  'assertion_iat',
  'assertion_jti',
] as const

/**
 * The errors that an attacker would cause, and the reasons of each: what the event `refused` may say. If the code says it all,
 * the reason is the same.
 *
 * @see [Events](https://github.com/appgrant/appgrant/blob/main/docs/events.md#refused), which explains all of them
 */
export const REFUSAL_REASONS = {
  app_authentication_failed: AUTHENTICATION,
  too_many_failures: [...AUTHENTICATION, 'unchecked_secret', 'reused', 'revoked'],
  app_not_found: ['unknown_app', 'removed_app', 'app_of_another_account', 'account_out_of_reach'],
  app_suspended: ['app_suspended'],
  app_not_trusted: ['app_not_trusted'],
  account_blocked: ['account_blocked'],
  not_permitted: ['not_permitted', 'not_admitted', 'device_grant_of_app', 'reserved_name', 'cross_site_request'],
  suspended_above: ['suspended_above'],
  app_limit_reached: ['app_limit_reached'],
  limit_reached: ['limit_reached'],
  invalid_redirect: ['unregistered_redirect'],
  invalid_scope: ['invalid_scope'],
  invalid_target: ['invalid_target'],
  invalid_code: [
    'unknown',
    'expired',
    'revoked',
    'reused',
    'lost_step',
    'other_app',
    'wrong_verifier',
    'wrong_redirect',
  ],
  invalid_refresh_token: ['unknown', 'expired', 'revoked', 'reused', 'lost_step', 'other_app'],
  invalid_dpop_proof: [
    'malformed_proof',
    'proof_signature',
    'proof_method',
    'proof_url',
    'proof_time',
    'missing_proof',
    'other_key',
  ],
  invalid_device_code: ['unknown', 'revoked', 'reused', 'lost_step', 'other_app'],
  invalid_user_code: ['unknown', 'used', 'expired', 'other_account', 'other_login', 'two_devices'],
  foreign_token: ['foreign_token'],
  invalid_ticket: ['unknown', 'used', 'revoked', 'other_account', 'other_login'],
} as const satisfies Partial<Record<ErrorCode, readonly string[]>>

/** The error codes that the event `refused` reports. */
export type RefusalCode = keyof typeof REFUSAL_REASONS

/** Why a request was refused. The reasons depend on the code. */
export type RefusalReason<C extends RefusalCode = RefusalCode> = (typeof REFUSAL_REASONS)[C][number]
