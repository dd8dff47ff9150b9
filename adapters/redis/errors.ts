import { isNotApplied, notApplied } from '../../src/store/store.ts'

// Replies that mean: nothing was executed. The last three are the server's refusal of a write; our scripts meet them at their
// first write or never.
const REFUSALS = new Set([
  'MOVED',
  'ASK',
  'TRYAGAIN',
  'CLUSTERDOWN',
  'NOSCRIPT',
  'READONLY',
  'LOADING',
  'MASTERDOWN',
  'BUSY',
  'NOAUTH',
  'NOPERM',
  'OOM',
  'MISCONF',
  'NOREPLICAS',
])

// ioredis gives up following a cluster by an error around the last reply.
const GAVE_UP = /^Too many Cluster redirections\. Last error: (?:ReplyError: )?/
// Redis 6.2 puts what a command in a script was refused by behind the place in the script.
const IN_SCRIPT = /^(?:ERR Error running script .*)?@user_script: ?\d+: -(?=[A-Z]+ )/

/** The first word of a reply that refuses a command, like `MOVED`; undefined for any other error. */
export function refusalIn(error: unknown): string | undefined {
  const word = replyText(error).split(' ', 1)[0] ?? ''
  return REFUSALS.has(word) ? word : undefined
}

/** The server's text, without what driver and server put around it. */
export function replyText(error: unknown): string {
  return error instanceof Error ? error.message.replace(GAVE_UP, '').replace(IN_SCRIPT, '') : ''
}

/** Whether ioredis gave up following redirections: which of the replies came last is chance. */
export function gaveUp(error: unknown): boolean {
  return error instanceof Error && GAVE_UP.test(error.message)
}

/** The error to let out: marked where nothing was executed, else the driver's own. */
export function translated(error: unknown): unknown {
  return isNotApplied(error) || refusalIn(error) === undefined ? error : notApplied(error)
}
