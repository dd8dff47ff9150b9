import { accept, type FieldRule, refuse } from './field-rule.ts'

const MAX_UNITS = 32

/** The rule of the API type an app is made for: a short lower-case name that the host gives a meaning. */
export const apiRule: FieldRule<string> = {
  maxUnits: MAX_UNITS,
  lengthRule: `at most ${MAX_UNITS} characters`,
  check(text) {
    if (!/^[a-z][a-z0-9_-]*$/.test(text))
      return refuse('not_an_api', 'a lower-case letter, then letters, digits, underscores and hyphens')
    return accept(text)
  },
}
