import type { KeyRing } from '../../credentials/key-ring.ts'
import { createSealer } from '../../credentials/sealer.ts'
import { invalidTicket } from '../authorization/invalid-ticket.ts'
import { PENDING_MS } from '../authorization/pending-consents.ts'
import type { AskedAccount } from '../input/input.ts'

/** The tickets of forms in which a user code is entered. They say everything themselves, so nothing is stored. */
export interface EntryTickets {
  /** A ticket for a form of that account and login. */
  write(by: AskedAccount): string
  /** @throws {@link AppGrantError} `invalid_ticket` unless it was written for that account and login in the last ten minutes. */
  assertOf(ticket: string, by: AskedAccount): void
}

export function createEntryTickets({
  keyRing,
  clock,
}: {
  readonly keyRing: KeyRing
  readonly clock: () => number
}): EntryTickets {
  const sealer = createSealer(keyRing, 'appgrant device entry')

  return {
    write({ account, login }) {
      const carried: Carried = { account, ...(login !== undefined && { login }), endsAt: clock() + PENDING_MS }
      return sealer.seal(JSON.stringify(carried))
    },
    assertOf(ticket, by) {
      const opened = sealer.open(ticket)
      const carried = opened === undefined ? undefined : (JSON.parse(opened) as Carried)
      if (!carried || clock() >= carried.endsAt) throw invalidTicket('unknown')
      if (carried.account !== by.account) throw invalidTicket('other_account')
      if (carried.login !== by.login) throw invalidTicket('other_login')
    },
  }
}

interface Carried extends AskedAccount {
  readonly endsAt: number
}
