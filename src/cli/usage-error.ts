/** The command line is wrong, or something is missing in it. Nothing was done. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UsageError'
  }
}

/** The command was right, and was not done: what it is about does not exist. */
export class NotDoneError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'NotDoneError'
  }
}
