/** An app, and an account it acts for. */
export interface AppAndAccount {
  readonly app: string
  readonly account: string
}
