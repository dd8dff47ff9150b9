/** A sentence for each plural form that the language has; `#` is the number. `zero` is for 0 in every language. */
export interface PluralForms extends Partial<Record<Intl.LDMLPluralRule, string>> {
  readonly other: string
}

/** Puts a number into a sentence, in the plural form that the language has for it. */
export type Counting = (count: number, forms: PluralForms) => string

export function counting(language: string): Counting {
  const rules = new Intl.PluralRules(language)
  const number = new Intl.NumberFormat(language)
  return (count, forms) => {
    const form = (count === 0 ? forms.zero : undefined) ?? forms[rules.select(count)] ?? forms.other
    return form.replaceAll('#', number.format(count))
  }
}
