import { sameDigest } from '../../credentials/digest.ts'
import type { Collection } from '../../records/collection.ts'
import { type AnsweringDevice, claimIdOf, claimKind, claimRef, type DeviceClaim } from '../../records/device-claim.ts'
import {
  endedSession,
  type PendingSession,
  type Session,
  sessionKind,
  sessionRef,
  wasApproved,
} from '../../records/session.ts'
import { PENDING_MS } from '../authorization/pending-consents.ts'
import type { AccountLimits } from '../input/account-limits.ts'
import type { AskedAccount } from '../input/input.ts'
import { invalidUserCode } from './device-errors.ts'

/** The user codes that signed-in accounts have entered. Only these let a device write anything. */
export interface DeviceClaims {
  /**
   * Stores that the account has entered the code, unless it has. It is not known whether any device shows it.
   *
   * @throws {@link AppGrantError} `invalid_user_code` if another account or login has entered it, `limit_reached`
   */
  enter(userCode: string, by: AskedAccount): Promise<void>
  /** The claim of an account. @throws {@link AppGrantError} `invalid_user_code` if there is none, or two devices have answered. */
  of(userCode: string, by: AskedAccount): Promise<DeviceClaim>
  /**
   * The claim that the device answers, once it has: the first device is attached, and a second one makes the claim void. Undefined if
   * nobody has entered the code.
   *
   * @param keptUntil - until when the device may poll, in ms since 1970.
   */
  answer(userCode: string, device: AnsweringDevice, keptUntil: number): Promise<DeviceClaim | undefined>
  /**
   * Puts a consent request in the place of the one that the account was shown last, which can no longer be decided.
   *
   * @returns false if another request came first.
   * @throws {@link AppGrantError} `invalid_user_code` if the account has decided.
   */
  ask(claim: DeviceClaim, session: PendingSession): Promise<boolean>
}

export function createDeviceClaims(parts: {
  readonly collection: Collection
  readonly accountLimits: AccountLimits
  readonly clock: () => number
}): DeviceClaims {
  const { collection, accountLimits, clock } = parts

  return {
    async enter(userCode, by) {
      const id = claimIdOf(userCode)
      const known = await collection.load(claimKind, claimRef(id))
      if (known) return assertOf(known, by)
      accountLimits.assertMayEnter(by.account)
      const expiresAt = clock() + PENDING_MS
      await collection.write(claimKind, claimRef(id), (found, isExpired) => {
        if (found && !isExpired) assertOf(found, by)
        return found && !isExpired ? found : { id, ...by, expiresAt }
      })
    },
    async of(userCode, by) {
      const claim = await collection.load(claimKind, claimRef(claimIdOf(userCode)))
      if (!claim) throw invalidUserCode('unknown')
      assertOf(claim, by)
      if (claim.isVoid) throw invalidUserCode('two_devices')
      return claim
    },
    async answer(userCode, device, keptUntil) {
      const ref = claimRef(claimIdOf(userCode))
      const known = await collection.load(claimKind, ref)
      if (!known || isAnswered(known, device)) return known
      return collection.write(claimKind, ref, (claim, isExpired) => {
        if (!claim || isExpired) return undefined
        if (isAnswered(claim, device)) return claim
        if (claim.device) return { ...claim, isVoid: true }
        return { ...claim, device, expiresAt: Math.max(claim.expiresAt, keptUntil) }
      })
    },
    async ask({ id, session: before }, session) {
      if (before) await endUndecided(before)
      await collection.insert<Session>(sessionKind, session)
      const written = await collection.write(claimKind, claimRef(id), (claim, isExpired) => {
        if (!claim || isExpired || claim.isVoid || claim.session?.id !== before?.id) return undefined
        return { ...claim, session: { app: session.app, id: session.id } }
      })
      return written !== undefined
    },
  }

  async function endUndecided({ app, id }: NonNullable<DeviceClaim['session']>): Promise<void> {
    await collection.write(sessionKind, sessionRef({ app, session: id }), (session) => {
      if (!session) return undefined
      if (wasApproved(session) || ('decided' in session && session.decided)) throw invalidUserCode('used')
      return endedSession(session)
    })
  }
}

/** Whether the claim needs no change for that device. */
function isAnswered({ device: known, isVoid }: DeviceClaim, { digest }: AnsweringDevice): boolean {
  return isVoid === true || (known !== undefined && sameDigest(known.digest, digest))
}

function assertOf(claim: DeviceClaim, { account, login }: AskedAccount): void {
  if (claim.account !== account) throw invalidUserCode('other_account')
  if (claim.login !== login) throw invalidUserCode('other_login')
}
