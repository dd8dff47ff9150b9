import { directionOf } from '../formats.ts'
import { de } from './de/de.ts'
import { en } from './en/en.ts'
import type { Texts } from './texts.ts'

/** Texts by language tag, as a host gives them: what is missing is as shipped, or English. */
export type HostTexts = Readonly<Record<string, Partial<Texts>>>

/** The language that a page is in. */
export interface Language {
  /** BCP 47: the viewer's own tag, or `en` if there are no texts for it. */
  readonly locale: string
  readonly dir: 'ltr' | 'rtl'
  readonly texts: Texts
}

const SHIPPED: HostTexts = { en, de }

/**
 * Finds the texts for a locale, by leaving out one subtag after the other.
 *
 * @see [RFC 4647 - Matching of Language Tags](https://www.rfc-editor.org/rfc/rfc4647.html#section-3.4)
 */
export function createLanguages(host: HostTexts): (locale: string | undefined) => Language {
  const all = new Map<string, Texts>()
  for (const tag of new Set([...Object.keys(SHIPPED), ...Object.keys(host)]))
    all.set(tag.toLowerCase(), { ...en, ...SHIPPED[tag], ...host[tag] })
  const english: Language = { locale: 'en', dir: 'ltr', texts: all.get('en') ?? en }

  return (asked) => {
    const locale = canonical(asked)
    if (locale === undefined) return english
    for (let tag = locale.toLowerCase(); tag !== ''; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))) {
      const texts = all.get(tag)
      if (texts) return { locale, dir: directionOf(locale), texts }
    }
    return english
  }
}

/** Undefined if it is not a language tag: a page in English is better than none. */
function canonical(locale: string | undefined): string | undefined {
  try {
    return locale === undefined ? undefined : Intl.getCanonicalLocales(locale)[0]
  } catch {
    return undefined
  }
}
