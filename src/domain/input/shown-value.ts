import { describeValue } from '../../base/describe-value.ts'
import { escapeHiddenCharacters } from './hidden-character.ts'

const MAX_SHOWN = 100

/** A submitted value as it may appear in an error: at most 100 characters, none of them hidden. */
export function shownValue(value: unknown): string {
  return describeValue(value, shownText)
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
