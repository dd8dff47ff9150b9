import type { Origin } from '../parts/came-from.ts'
import type { Status } from '../parts/status.ts'

/** One app, as its owner sees it. */
export interface AppView {
  readonly key: string
  readonly name: string
  /** The account that owns it, as people call it. */
  readonly owner: string
  readonly homepage: string
  readonly homepageAscii: string
  readonly createdAt: Date
  /** Undefined if its owner, an account above or the platform registered it. */
  readonly origin?: Origin | undefined
  /** The day of its last use, in UTC. Undefined if it has not been used yet. */
  readonly lastUsedOn?: string | undefined
  readonly status: Status
  readonly trusted: boolean
  readonly published: boolean
  readonly resourceServer?: string | undefined
  /** How it proves who it is. */
  readonly authentication: 'secret' | 'jwks' | 'none'
  readonly secrets: readonly { readonly id: string; readonly createdAt: Date }[]
  /** Ids of its public keys. */
  readonly keyIds: readonly string[]
  readonly scopes: readonly string[]
  /** Undefined if not known at the moment. */
  readonly instances: number | undefined
  readonly liveTokens: number | undefined
  /** False while a suspension from above also stops its owner from changing it. */
  readonly mayChange: boolean
  readonly mayTrust: boolean
  /** Whether it was made for an account that has been renewed since, and needs a new secret from above (ACC-7). */
  readonly isOfFormerOwner: boolean
}
