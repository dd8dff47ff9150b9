import { accept, type FieldRule, refuse } from './field-rule.ts'

const MAX_UNITS = 40
const E164 = /^\+[1-9][0-9]{6,14}$/

/**
 * The rule for a phone number: E.164 with its `+`, 7–15 digits. Spaces, dots, hyphens and parentheses are removed. `(0)` is
 * rejected, because this digit is dialled only inside the country and is not part of the number.
 */
export const phoneRule: FieldRule<string> = {
  maxUnits: MAX_UNITS,
  lengthRule: `at most ${MAX_UNITS} characters`,
  check(text) {
    const number = text.replace(/[ .()-]/g, '')
    if (text.includes('(0)') || !E164.test(number))
      return refuse('not_a_phone_number', 'an international number: + and 7 to 15 digits, not beginning with 0')
    return accept(number)
  },
}
