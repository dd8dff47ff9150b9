import type { Call, ConsoleRoute, Reply } from '../call.ts'
import type { Context } from '../context.ts'
import type { Form } from '../forms/read-form.ts'
import { warning } from '../messages.ts'
import { type Confirmation, confirmPage } from '../pages/confirm.ts'
import type { RefusalShown } from './refusals.ts'

/** What is about to happen, and the function that makes it happen. */
export interface Pending {
  readonly confirmation: Confirmation
  readonly context: Context
  readonly run: (form: Form) => Promise<Reply>
}

/**
 * A page that says what will happen, whose form makes it happen. What the page says is read again for the form, so that nobody agrees
 * to less than it does.
 *
 * @param read - `input` is the query of the address or, if it was sent, the form. What an address has selects only: what is saved or
 *   sent on must come from the form, because anybody can make a link.
 */
export function confirming(
  read: (call: Call, input: URLSearchParams, form?: Form) => Promise<Pending | Reply>,
  of: Pick<ConsoleRoute, 'danger' | 'isForOperator'> = {},
): ConsoleRoute {
  return {
    ...of,
    async get(call) {
      const pending = await read(call, call.query)
      return 'confirmation' in pending ? askAgain(pending) : pending
    },
    async post(call, form) {
      const pending = await read(call, form, form)
      if (!('confirmation' in pending)) return pending
      if (pending.confirmation.tick !== undefined && form.get('sure') !== 'yes') {
        const { confirmation, context } = pending
        return { page: confirmPage(confirmation, { isTickMissing: true }, context), context }
      }
      return pending.run(form)
    },
  }
}

/** The page again, with why it was not done. */
export function askAgain(
  { confirmation, context }: Pick<Pending, 'confirmation' | 'context'>,
  refusal?: RefusalShown,
): Reply {
  const state = refusal ? { message: warning(refusal.sentence), status: refusal.status } : {}
  return { page: confirmPage(confirmation, state, context), context }
}
