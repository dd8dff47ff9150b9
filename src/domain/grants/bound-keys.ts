import { isPublic, type LiveApp } from '../../records/app.ts'
import type { ApprovedSession, BoundTo } from '../../records/session.ts'
import { invalidProof } from '../tokens/proven-keys.ts'
import type { Presented } from './presented.ts'
import { type Credential, stageOf } from './session-credential.ts'

/** Rejects a request without a proof if the app may have only tokens that are bound to a key. */
export function assertKeyOf({ fields }: LiveApp, jkt: string | undefined): void {
  if (fields.dpopBoundAccessTokens && jkt === undefined) throw invalidProof('missing_proof')
}

/**
 * Rejects a credential that is bound to a key without a proof by that key. Nothing happens to its session: a thief without the key can
 * neither use it nor end it.
 */
export function assertBoundKey({ app, credential, jkt }: Presented, { boundTo }: ApprovedSession): void {
  if (!boundTo || !isBound(credential, boundTo, app) || jkt === boundTo.jkt) return
  throw invalidProof(jkt === undefined ? 'missing_proof' : 'other_key')
}

/** Refresh tokens of confidential apps are bound to their credentials instead (RFC 9449 §5). */
function isBound(credential: Credential, { fromStage }: BoundTo, app: LiveApp): boolean {
  return stageOf(credential) >= fromStage && (credential.kind === 'ac' || isPublic(app))
}
