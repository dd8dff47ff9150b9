import { AppGrantError, isAppGrantError } from './errors.ts'

// A registered symbol, so that an adapter and a core from two copies of this package interoperate.
export const NOT_APPLIED = Symbol.for('appgrant.notApplied')

const MAX_CAUSES = 8
const MAX_MESSAGE = 500
/** What a message has beyond this is not looked at. */
const MAX_READ = 4000
const MAX_FRAMES = 20
const PLAIN_WORD = /^[\w.-]{1,64}$/

/** What drivers attach to their errors. Everything that is not listed here is left out. */
interface DriverError {
  readonly name?: unknown
  readonly message?: unknown
  readonly stack?: unknown
  readonly code?: unknown
  readonly errorLabels?: unknown
  readonly cause?: unknown
  /** The reason why ioredis reached no node of a cluster. */
  readonly lastNodeError?: unknown
  /** The errors of an AggregateError, such as one for each address of a host. */
  readonly errors?: unknown
}

/**
 * Copies an error for callers, events and logs. The copy has only name, message, code, labels and stack, and so have its causes:
 * drivers attach commands with their arguments, documents and credentials to their errors. Values that the message quotes are
 * replaced by `…`.
 */
export function sanitizeError(error: unknown): Error {
  return sanitizedCopy(error, 0)
}

/** Resolves like the call. If the call rejects, it rejects with the error sanitized by {@link sanitizeError}. */
export async function withSanitizedErrors<Result>(call: Promise<Result>): Promise<Result> {
  try {
    return await call
  } catch (error) {
    throw sanitizeError(error)
  }
}

function sanitizedCopy(error: unknown, depth: number): Error {
  if (typeof error !== 'object' || error === null || !('message' in error))
    return new Error(`rejected with a value of type ${typeof error}, which is not an Error`)
  const { name, message, code, errorLabels }: DriverError = error
  const reason = depth < MAX_CAUSES ? reasonOf(error) : undefined
  const cause = reason === undefined ? {} : { cause: sanitizedCopy(reason, depth + 1) }
  if (isAppGrantError(error)) {
    const copy = new AppGrantError(error.code, {
      message: error.message,
      hint: error.hint,
      ...cause,
      details: error.details,
    })
    return dressed(copy, error, { name: error.name, message: error.message })
  }
  const Class = error instanceof TypeError ? TypeError : Error
  const copy = new Class(withoutValues(String(message)), cause)
  if (typeof code === 'number' || isPlainWord(code)) Object.assign(copy, { code })
  const labels = Array.isArray(errorLabels) ? errorLabels.filter(isPlainWord) : []
  if (labels.length > 0) Object.assign(copy, { errorLabels: labels })
  return dressed(copy, error, { name: isPlainWord(name) ? name : 'Error', message: String(message) })
}

/** Gives a copy the name, the mark and the frames of its original. */
function dressed(
  copy: Error,
  original: DriverError,
  { name, message }: { readonly name: string; readonly message: string },
): Error {
  const hidden = { configurable: true, writable: true }
  Object.defineProperty(copy, 'name', { ...hidden, value: name })
  Object.defineProperty(copy, 'stack', {
    ...hidden,
    value: [`${name}: ${copy.message}`, ...framesOf(original.stack, message)].join('\n'),
  })
  if (NOT_APPLIED in original) Object.defineProperty(copy, NOT_APPLIED, { value: true })
  return copy
}

/** The lines of a stack after the message, which may contain lines that look like them. */
function framesOf(stack: unknown, message: string): readonly string[] {
  if (typeof stack !== 'string') return []
  const at = stack.indexOf(message)
  const frames = at === -1 ? stack : stack.slice(at + message.length)
  return frames
    .split('\n')
    .filter((line) => line.startsWith('    at '))
    .slice(0, MAX_FRAMES)
}

function reasonOf({ cause, lastNodeError, errors }: DriverError): unknown {
  return cause ?? lastNodeError ?? (Array.isArray(errors) ? errors[0] : undefined)
}

function isPlainWord(value: unknown): value is string {
  return typeof value === 'string' && PLAIN_WORD.test(value)
}

// The name of a command is not a value: a server's refusal of one is of no use without it.
const COMMAND_NAME = /(?<=\bcommand )(["'`])([a-z][a-z|]{0,31})\1|(["'`])([a-z][a-z|]{0,31})\3(?= command\b)/g
// An apostrophe inside a word opens nothing.
const OPENING = { '"': /"/, '`': /`/, "'": /(?<![\p{L}\p{N}])'/u }

/** The message without the values that it quotes: servers repeat arguments, keys, filters and whole commands. */
function withoutValues(message: string): string {
  // No message contains a NUL, so that one marks what is put back.
  let text = message.slice(0, MAX_READ).replaceAll('\0', '').replace(COMMAND_NAME, '\0$2$4\0')
  text = text.replace(/:\/\/\S*@/g, '://…@')
  for (const [sign, opening] of Object.entries(OPENING)) text = withoutQuoted(text, sign, opening)
  text = text.replace(/\{[\s\S]*\}|\{[\s\S]*$/, '{…}')
  const whole = text.replace(/\0([a-z|]*)\0/g, "'$1'").replaceAll('\0', '')
  return whole.length > MAX_MESSAGE ? `${whole.slice(0, MAX_MESSAGE)}…` : whole
}

/** Replaces what is quoted, from the first sign to the last, because a value may contain the sign; to the end if one is left open. */
function withoutQuoted(text: string, sign: string, opening: RegExp): string {
  const from = text.search(opening)
  if (from === -1) return text
  const isClosed = text.slice(from).split(sign).length % 2 === 1
  return `${text.slice(0, from)}${sign}…${sign}${isClosed ? text.slice(text.lastIndexOf(sign) + 1) : ''}`
}
