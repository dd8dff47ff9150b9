import { accountInput, loginInput, sourceInput } from '../input/input.ts'
import type { Known, Refusals } from '../refusals.ts'
import type { ConsentDecision } from './authorization.ts'
import { invalidTicket } from './invalid-ticket.ts'
import type { AskedAccount } from './pending-consents.ts'

/** Runs the decision of a signed-in account. `run` returns undefined if another one came first: then it sees that one. */
export type Decide = <Result extends object>(
  decision: ConsentDecision,
  run: (actor: AskedAccount, known: Known) => Promise<Result | undefined>,
) => Promise<Result>

export function createDecide({ refusals }: { readonly refusals: Refusals }): Decide {
  return async (decision, run) => {
    const actor = { account: accountInput(decision.account), ...loginInput(decision.login) }
    const known: Known = sourceInput(decision)
    return refusals.watch(actor, known, async () => {
      const result = (await run(actor, known)) ?? (await run(actor, known))
      if (!result) throw invalidTicket('used')
      return result
    })
  }
}
