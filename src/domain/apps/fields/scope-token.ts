import { accept, type FieldRule, refuse } from './field-rule.ts'

const MAX_UNITS = 100

/**
 * The rule for a scope: a scope token of at most 100 characters.
 *
 * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.3)
 */
export const scopeRule: FieldRule<string> = {
  maxUnits: MAX_UNITS,
  lengthRule: `at most ${MAX_UNITS} characters`,
  check(text) {
    if (!/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text))
      return refuse('not_a_scope', 'printable ASCII without space, double quote or backslash')
    return accept(text)
  },
}
