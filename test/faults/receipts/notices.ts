import type { AppGrantOptions } from '../../../src/index.ts'
import type { SignatureOptions } from '../../../src/resource.ts'

/** How a service verifies. */
export type Service =
  | (SignatureOptions & { readonly feed: object })
  | {
      readonly redis: object
      readonly namespace: string
      readonly platform: Omit<AppGrantOptions, 'store'>
      /** Whether it gets hints of what was changed. */
      readonly listens: boolean
    }

/** What a service is told: a token to present, then that it is revoked, then when there was a receipt, in ns. */
export type Notice =
  | { readonly id: string; readonly text: string; readonly isRevoked: boolean; readonly settled?: string | undefined }
  | { readonly id: string; readonly settled?: string | undefined }

export interface Counts {
  readonly accepted: number
  readonly acceptedAfterRevocation: number
  readonly refused: number
  /** Verifications that failed, because the feed was silent or the store did not respond. */
  readonly failed: number
}

/** What it says: how often it did what since it said so last, and each acceptance after there was a receipt. */
export type Report = { readonly counts: Counts } | { readonly violation: string; readonly lateMs: number }
