import { accept, type FieldRule, refuse } from './field-rule.ts'

const MAX_UNITS = 40
const E164 = /^\+[1-9][0-9]{6,14}$/

/**
 * The rule of a phone number: E.164 with its `+`, 7–15 digits. Spaces, dots, hyphens and parentheses between the digits
 * are taken out. `(0)` is refused, because the digit in it is dialled only inside the country and is no part of the number.
 */
export const phoneRule: FieldRule<string> = {
  maxUnits: MAX_UNITS,
  lengthRule: `at most ${MAX_UNITS} characters`,
  check(text) {
    const number = text.replace(/[ .()-]/g, '')
    if (text.includes('(0)') || !E164.test(number))
      return refuse('not_a_phone_number', 'an international number: + and 7 to 15 digits, the first not 0')
    return accept(number)
  },
}
