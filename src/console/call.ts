import type { IncomingRequest } from '../http/wire/request.ts'
import type { Match } from './addresses.ts'
import type { Content, Context } from './context.ts'
import type { Form } from './forms/read-form.ts'
import type { DangerousActionName } from './options.ts'
import type { Failure } from './texts/failure.ts'

/** A request of a signed-in viewer on its way to a page. */
export interface Call {
  readonly request: IncomingRequest
  readonly match: Match
  readonly query: URLSearchParams
  readonly context: Context
  /** Asks the host for more proof of who this is. @returns what the host says instead; undefined to go on. */
  confirm(name: DangerousActionName, apps: readonly string[]): Promise<Response | undefined>
}

/** What a request leads to: a page, another address of the console, a page that says why not, or a response of the host's. */
export type Reply =
  | { readonly page: Content; readonly context?: Context }
  | { readonly redirect: string }
  | { readonly failure: Failure }
  | { readonly response: Response }
  /** The form cannot be handled now and may be sent again. */
  | { readonly again: 'notSaved' | 'notCertain' | 'conflict' | 'unconfirmed' }

/** What one address does. */
export interface ConsoleRoute {
  /** Whether it is only for the host's own authority: for others there is nothing at the address. */
  readonly isForOperator?: boolean
  /** The action that needs proof of who this is, before it is shown and before it is done. */
  readonly danger?: DangerousActionName
  readonly get: (call: Call) => Promise<Reply>
  readonly post?: (call: Call, form: Form) => Promise<Reply>
}
