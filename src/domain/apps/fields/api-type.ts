import { accept, type FieldRule, refuse } from './field-rule.ts'

const MAX_UNITS = 32

/** The rule for the API type an app is made for: a short lower-case name whose meaning the host defines. */
export const apiRule: FieldRule<string> = {
  maxUnits: MAX_UNITS,
  lengthRule: `at most ${MAX_UNITS} characters`,
  check(text) {
    if (!/^[a-z][a-z0-9_-]*$/.test(text))
      return refuse('not_an_api_type', 'a lower-case letter, then lower-case letters, digits, underscores or hyphens')
    return accept(text)
  },
}
