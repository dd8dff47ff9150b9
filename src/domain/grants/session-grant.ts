import type { AppGrantError } from '../../base/errors.ts'
import type { RefusalReason } from '../../base/refusal-reasons.ts'
import type { ApprovedSession } from '../../records/session.ts'
import type { Credential } from './session-credential.ts'

/** Why a credential of a session is refused, whatever its grant. */
export type CredentialFault = RefusalReason<'invalid_refresh_token'>

/** What one grant adds to the exchange that all grants with sessions share. */
export interface SessionGrant {
  /** The kind of credential that it exchanges. */
  readonly kind: Credential['kind']
  /** The error for a credential that is not, or no longer, valid. Only the event `refused` says why. */
  invalid(fault: CredentialFault): AppGrantError
  /** Rejects a genuine credential if it is bound to something else than what was presented with it. */
  assertBound?(session: ApprovedSession): void
  /** Rejects the current credential for reasons of its own. */
  assertCurrent?(session: ApprovedSession): void
}
