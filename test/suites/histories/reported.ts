import type { Answered, Asked, Beginning } from '../../model/app-history.ts'

/** A command to a client of a history. Each line also has the number of the call, and so has its reply. */
export type Told =
  | { readonly begin: true }
  | {
      readonly key: string
      readonly asked: Asked
      /** The token itself, if a token is verified. */
      readonly text?: string
      /** Its write is held until it is released, past the deadline of the call. */
      readonly isLate?: boolean
    }
  /** Releases the late write on the app with that key. */
  | { readonly release: string }

/** A new app, with its user's first tokens. */
export interface Begun extends Beginning {
  readonly key: string
  readonly text: string
}

/** What the client saw. Times are of the machine's monotonic clock. */
export interface Seen {
  readonly answered: Answered
  /** The token that was made. */
  readonly text?: string
  readonly from: string
  readonly to: string
}
