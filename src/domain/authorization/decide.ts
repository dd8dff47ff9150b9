import { knownMembers } from '../../base/known-members.ts'
import { CONTEXT } from '../apps/authenticate-app.ts'
import { type AskedAccount, askedAccountInput, sourceInput } from '../input/input.ts'
import type { Known, Refusals } from '../refusals.ts'
import type { ConsentDecision } from './authorization.ts'
import { invalidTicket } from './invalid-ticket.ts'

/** The members of every decision. */
export const DECISION = { ticket: true, account: true, login: true, ...CONTEXT } as const
export const APPROVAL = knownMembers<ConsentDecision & { readonly scope?: readonly string[] | undefined }>({
  ...DECISION,
  scope: true,
})
export const DENIAL = knownMembers<ConsentDecision>(DECISION)

/** Runs the decision of a signed-in account. `run` returns undefined if another one came first: then it sees that one. */
export type Decide = <Result extends object>(
  decision: ConsentDecision,
  run: (actor: AskedAccount, known: Known) => Promise<Result | undefined>,
) => Promise<Result>

export function createDecide({ refusals }: { readonly refusals: Refusals }): Decide {
  return async (decision, run) => {
    const actor = askedAccountInput(decision)
    const known: Known = sourceInput(decision)
    return refusals.watch(actor, known, async () => {
      const result = (await run(actor, known)) ?? (await run(actor, known))
      if (!result) throw invalidTicket('used')
      return result
    })
  }
}
