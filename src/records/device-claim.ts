import { partitionOf } from '../credentials/app-key.ts'
import { nameOf } from '../credentials/digest.ts'
import type { RecordRef } from '../store/store.ts'
import type { Kind } from './collection.ts'

/**
 * A user code that a signed-in account has entered. The device that shows the code answers with its next poll, and the account is
 * then asked about it. It gives nothing without the session that an approval opens.
 */
export interface DeviceClaim {
  /** {@link claimIdOf} the user code. */
  readonly id: string
  readonly account: string
  readonly login?: string
  /** Absent until a device has answered. */
  readonly device?: AnsweringDevice
  /** The consent request that the account was shown last. */
  readonly session?: { readonly app: string; readonly id: string }
  /** Whether two devices have answered: none of them gets anything. */
  readonly isVoid?: true
  readonly expiresAt: number
}

/** A device that polls with the user code. */
export interface AnsweringDevice {
  /** Of its device code. */
  readonly digest: string
  /** The key of its app, or what a program that registers itself has as client id. */
  readonly client: string
  /** What it has requested. */
  readonly scope?: readonly string[]
  readonly resources?: readonly string[]
  readonly userAgent?: string
  readonly remoteAddress?: string
  /** When its device code expires. */
  readonly endsAt: number
}

const KIND = 'd'

/** What is stored of a user code: there are too few of them for its digest to hide it for longer than it is valid. */
export function claimIdOf(userCode: string): string {
  return nameOf(32, 'user code', userCode)
}

/** Spread over all partitions, because nothing else is known when a device polls. */
export function claimRef(id: string): RecordRef {
  return { kind: KIND, partition: partitionOf(id), id }
}

export const claimKind: Kind<DeviceClaim> = {
  name: KIND,
  place: ({ id, expiresAt }) => ({ partition: partitionOf(id), id, groups: [], position: expiresAt, expiresAt }),
  pack: ({ id: _, expiresAt: __, ...claim }) => JSON.stringify(claim),
  unpack: ({ id, position: expiresAt, data }) => ({ ...JSON.parse(data), id, expiresAt }),
}
