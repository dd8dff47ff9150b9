/** A sentence for each plural form that the language has; `#` is the number. */
export interface PluralForms extends Partial<Record<Intl.LDMLPluralRule, string>> {
  readonly other: string
}

/** Puts a number into a sentence, in the plural form that the language has for it. */
export type Counting = (count: number, forms: PluralForms) => string

export function counting(language: string): Counting {
  const rules = new Intl.PluralRules(language)
  const number = new Intl.NumberFormat(language)
  return (count, forms) => (forms[rules.select(count)] ?? forms.other).replaceAll('#', number.format(count))
}
