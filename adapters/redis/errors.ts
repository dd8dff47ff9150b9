import { docsPage } from '../../src/base/docs-page.ts'
import { unusableStore } from '../../src/base/unusable-store.ts'
import { isNotApplied, notApplied } from '../../src/store.ts'

// Error replies that mean that nothing was executed. With the last three the server refuses a write; the scripts of
// this adapter can get them only at their first write.
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

// When ioredis gives up following redirections, it wraps the last reply in this error.
const GAVE_UP = /^Too many Cluster redirections\. Last error: (?:ReplyError: )?/
// Redis 6.2 puts the position in the script before the error of a command that a script called.
const IN_SCRIPT = /^(?:ERR Error running script .*)?@user_script: ?\d+: -(?=[A-Z]+ )/

/** The first word of a reply that refuses a command, such as `MOVED`; undefined for any other error. */
export function refusalIn(error: unknown): string | undefined {
  const word = replyText(error).split(' ', 1)[0] ?? ''
  return REFUSALS.has(word) ? word : undefined
}

/** The text of an error reply, without the prefixes that the driver and the server add. */
export function replyText(error: unknown): string {
  return error instanceof Error ? error.message.replace(GAVE_UP, '').replace(IN_SCRIPT, '') : ''
}

/** Whether ioredis gave up following redirections. The reply that it wraps is then a matter of chance. */
export function gaveUp(error: unknown): boolean {
  return error instanceof Error && GAVE_UP.test(error.message)
}

/** The error to reject with: the driver's own, marked with `notApplied` if nothing was executed. */
export function translated(error: unknown): unknown {
  return isNotApplied(error) || refusalIn(error) === undefined ? error : notApplied(error)
}

const FIXES: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  NOAUTH: ['the Redis server wants a password', 'Give the client the password, and the user name if there are ACLs.'],
  WRONGPASS: [
    'the Redis server refuses the user or its password',
    'Correct the user name and the password of the client.',
  ],
  NOPERM: [
    'the Redis user lacks a permission',
    `Allow it the commands and keys that ${docsPage('redis')} lists, with ACL SETUSER.`,
  ],
}
/** The message of the error if a server was reached that serves no commands. */
export const UNANSWERED = 'Redis accepted the connection and does not answer yet'
const STARTING = [
  'the Redis server does not serve commands yet',
  'It may be loading its data: repeat prepare() later. If it is not, see its log.',
] as const
const UNREACHABLE = [
  'no Redis server can be reached',
  'Correct the host and the port of the client, or start the server.',
] as const

/** Adds the fix to the error of `prepare()`. An error without a known fix is returned as it is. */
export function withFix(error: unknown): unknown {
  for (let reason = error; reason instanceof Error; reason = reason.cause) {
    const fix = FIXES[replyText(reason).split(' ', 1)[0] ?? '']
    if (fix) return unusableStore(...fix, reason)
  }
  // What the mark says is of no interest here.
  if (!isNotApplied(error)) return error
  const { cause } = error as Error
  const [message, hint] = cause instanceof Error && cause.message === UNANSWERED ? STARTING : UNREACHABLE
  return unusableStore(message, hint, cause)
}
