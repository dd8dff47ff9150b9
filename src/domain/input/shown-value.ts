import { escapeHiddenCharacters } from './hidden-character.ts'

const MAX_SHOWN = 100

/** The value of a property that threw when it was read. */
export const UNREADABLE = Symbol('unreadable')

/**
 * A submitted value as it may appear in an error: at most 100 characters, none of them hidden. Only strings, numbers and
 * booleans are shown; other values are described by their type, because rendering them could run their code.
 */
export function shownValue(value: unknown): string {
  if (value === UNREADABLE) return 'a value that cannot be read'
  if (value === undefined) return 'nothing'
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return shownText(value)
  if (isList(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** Whether `value` is an array. For a revoked proxy, which makes `Array.isArray` throw, it returns false. */
export function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value)
  } catch {
    return false
  }
}

function shownText(text: string): string {
  if (text === '') return 'an empty string'
  let shown = ''
  for (const character of text.slice(0, MAX_SHOWN + 1)) {
    const next = shown + escapeHiddenCharacters(character)
    if (next.length > MAX_SHOWN) return `${cut(shown)}…`
    shown = next
  }
  return shown
}

// Removes a whole character to make room for the ellipsis, never half of an escape or of a surrogate pair.
function cut(shown: string): string {
  if (shown.length < MAX_SHOWN) return shown
  return shown.replace(/(?:\\u\{[0-9a-f]+\}|.)$/su, '')
}
