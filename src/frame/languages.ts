import { invalidOption } from '../base/errors.ts'
import { assertOptions, knownMembers } from '../base/known-members.ts'

/** Texts by language tag, as a host gives them. What is missing is as it is shipped, or English. */
export interface HostTexts<Texts> {
  readonly [tag: string]: { readonly [Name in keyof Texts]?: Texts[Name] | undefined }
}

/** The language that a page is in. */
export interface Language<Texts> {
  /** BCP 47: the viewer's own tag, or `en` if there are no texts for it. */
  readonly locale: string
  readonly dir: 'ltr' | 'rtl'
  readonly texts: Texts
}

/** The texts that are shipped. English has all of them. */
export interface ShippedTexts<Texts> {
  readonly en: Texts
  readonly de: Texts
}

/**
 * Finds the texts for a locale, by leaving out one subtag after the other.
 *
 * @see [RFC 4647 - Matching of Language Tags](https://www.rfc-editor.org/rfc/rfc4647.html#section-3.4)
 */
export function createLanguages<Texts extends object>(
  shipped: ShippedTexts<Texts>,
  host: HostTexts<Texts>,
): (locale: string | undefined) => Language<Texts> {
  const all = new Map(Object.entries<Texts>({ ...shipped }))
  for (const [tag, texts] of Object.entries(host)) {
    const given = Object.entries(texts).filter(([, text]) => text !== undefined)
    const name = tag.toLowerCase()
    all.set(name, { ...(all.get(name) ?? shipped.en), ...Object.fromEntries(given) })
  }
  const english: Language<Texts> = { locale: 'en', dir: 'ltr', texts: all.get('en') ?? shipped.en }

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

/**
 * Checks the option `texts`.
 *
 * @param call - the function that it was given to.
 * @throws TypeError naming the language or the text that does not exist, or that is of another type than in English.
 */
export function checkTexts<Texts extends object>(call: string, host: HostTexts<Texts>, english: Texts): void {
  if (typeof host !== 'object' || host === null) throw invalidOption(call, 'texts', 'texts by language tag', host)
  const known = knownMembers<Texts>(
    Object.fromEntries(Object.keys(english).map((name) => [name, true])) as Parameters<typeof knownMembers<Texts>>[0],
  )
  for (const [tag, texts] of Object.entries(host)) {
    if (canonical(tag) === undefined)
      throw invalidOption(call, `texts.${tag}`, 'texts by language tag, such as "fr"', texts)
    assertOptions(call, texts, known, `texts.${tag}`)
    for (const [name, text] of Object.entries(texts))
      if (text !== undefined) checkLike(call, `texts.${tag}.${name}`, text, english[name as keyof Texts])
  }
}

/** Checks what a text consists of too: an error page that lacked its own could not be shown. */
function checkLike(call: string, name: string, text: unknown, english: unknown): void {
  if (typeof text !== typeof english || text === null)
    throw invalidOption(
      call,
      name,
      `${typeof english === 'object' ? 'an' : 'a'} ${typeof english}, as in English`,
      text,
    )
  if (typeof english !== 'object' || english === null) return
  for (const [part, one] of Object.entries(english))
    checkLike(call, `${name}.${part}`, (text as Readonly<Record<string, unknown>>)[part], one)
}

/** Undefined if it is not a language tag: a page in English is better than none. */
function canonical(locale: string | undefined): string | undefined {
  try {
    return locale === undefined ? undefined : Intl.getCanonicalLocales(locale)[0]
  } catch {
    return undefined
  }
}

// What a tag needs at least (RFC 5646 §4.4.1). Longer ones, which no browser sends, would take long to match.
const MAX_TAG = 35

/** The language of somebody who is not signed in: the first that the browser names. */
export function browserLocale(headers: Pick<Headers, 'get'>): string | undefined {
  const [first = ''] = (headers.get('accept-language') ?? '').split(/[,;]/, 1)
  const tag = first.trim()
  return tag === '' || tag.length > MAX_TAG ? undefined : tag
}

/** Which way a language is written. */
export function directionOf(locale: string): 'ltr' | 'rtl' {
  // A getter in older engines, a method in newer ones, and in neither case known to TypeScript's library.
  const parsed = new Intl.Locale(locale) as Intl.Locale & TextInfo
  return (parsed.getTextInfo?.() ?? parsed.textInfo)?.direction === 'rtl' ? 'rtl' : 'ltr'
}

interface TextInfo {
  readonly textInfo?: { readonly direction: string }
  getTextInfo?(): { readonly direction: string }
}
