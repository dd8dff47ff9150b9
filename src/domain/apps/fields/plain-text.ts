import { hasHiddenCharacter } from '../../input/hidden-character.ts'
import { withoutWordJoiners } from '../../input/word-joiners.ts'
import { accept, type FieldRule, type Outcome, refuse } from './field-rule.ts'

// No decomposition of a character is longer, so a longer text is too long even when composed.
const UNITS_PER_CHARACTER = 4
const MAX_NAME = 100
const MAX_DESCRIPTION = 1024
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u
// Allowed anywhere in a description: line breaks, tabs, joiners and selectors.
const DESCRIPTION_EXTRAS = /[\t\n\u200c]|\u200d|[\ufe0e\ufe0f]/gu

/** The rule for an app's name (APP-4): NFC, trimmed, 1–100 code points, something visible, nothing hidden but joiners, one line. */
export const nameRule: FieldRule<string> = {
  maxUnits: MAX_NAME * UNITS_PER_CHARACTER,
  lengthRule: `at most ${MAX_NAME} characters`,
  check(text) {
    const name = text.normalize('NFC')
    // Before trimming, which would silently remove some hidden characters.
    if (hasHiddenCharacter(withoutWordJoiners(name)))
      return refuse(
        'forbidden_character',
        'no control, invisible or bidirectional characters, except joiners in words and emoji that need them',
      )
    if (!VISIBLE.test(name)) return refuse('required', 'at least one visible character')
    return withinLength(name.trim(), MAX_NAME)
  },
}

/**
 * The rule for a description: NFC, trimmed, at most 1024 code points. Line breaks (all stored as LF) and tabs are allowed, and
 * so are the joiners and variation selectors that some scripts and emoji are written with.
 */
export const descriptionRule: FieldRule<string> = {
  maxUnits: MAX_DESCRIPTION * UNITS_PER_CHARACTER,
  lengthRule: `at most ${MAX_DESCRIPTION} characters`,
  check(text) {
    const description = text.normalize('NFC').replace(/\r\n?/g, '\n')
    if (hasHiddenCharacter(description.replace(DESCRIPTION_EXTRAS, '')))
      return refuse(
        'forbidden_character',
        'no control, invisible or bidirectional characters except line breaks and tabs',
      )
    if (!VISIBLE.test(description)) return accept('')
    return withinLength(description.trim(), MAX_DESCRIPTION)
  },
}

function withinLength(text: string, max: number): Outcome<string> {
  const length = [...text].length
  return length > max ? refuse('too_long', `at most ${max} characters`, `${length} characters`) : accept(text)
}
