import type { Management } from '../create-app-grant.ts'
import type { IncomingRequest } from '../http/wire/request.ts'
import type { Match } from './addresses.ts'
import type { Content, Context } from './context.ts'
import type { Form } from './forms/read-form.ts'
import type { DangerousActionName } from './options.ts'
import type { Obstacle } from './pages/kept-form.ts'
import type { Failure } from './texts/failure.ts'

/** A request of a signed-in viewer on its way to a page. */
export interface Call {
  readonly request: IncomingRequest
  readonly match: Match
  readonly query: URLSearchParams
  /** Names nobody, so that it can be shown before it is known what the viewer may see. */
  readonly context: Context
  /** The account that the address is for, or else the viewer's own. Undefined for an operator without one. */
  readonly account: string | undefined
  /** What the address says was just done. Undefined unless a page of this console led here. */
  readonly said: Said | undefined
  /** The management API with the authority of the viewer: the host's, if an operator acts on what is not their own account's. */
  over(account: string | undefined): Management
  /**
   * Asks the host for the names of accounts, and says in the frame of the page for whom it is. Call it only after the core has let
   * the viewer see them.
   *
   * @param account - the account that the page is for.
   */
  named(account: string | undefined, others?: readonly (string | undefined)[]): Promise<Named>
  /** Asks the host for more proof of who this is. @returns what the host says instead; undefined to go on. */
  confirm(name: DangerousActionName, apps: readonly string[]): Promise<Response | undefined>
}

export interface Said {
  readonly name: string
  /** The key of the app that it is about. */
  readonly about: string | undefined
  readonly count: number | undefined
}

export interface Named {
  readonly context: Context
  /** What an account is called: its id, if the host has no name for it. */
  readonly nameOf: (account: string) => string
}

/** What a request leads to: a page, another address of the console, a page that says why not, or a response of the host's. */
export type Reply =
  | { readonly page: Content; readonly context: Context }
  | { readonly redirect: string }
  | { readonly failure: Failure }
  | { readonly response: Response }
  /** The form cannot be handled now and may be sent again. */
  | { readonly again: Exclude<Obstacle, 'signedOut'> }

/** What one address does. */
export interface ConsoleRoute {
  /** Whether it is only for the host's own authority: for others there is nothing at the address. */
  readonly isForOperator?: boolean
  /** The action that needs proof of who this is, before it is shown and before it is done. */
  readonly danger?: DangerousActionName
  readonly get: (call: Call) => Promise<Reply>
  readonly post?: (call: Call, form: Form) => Promise<Reply>
}
