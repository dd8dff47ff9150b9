import { describe, expect, it } from 'vitest'
import { createFormats } from '../../src/console/formats.ts'
import { de } from '../../src/console/texts/de/de.ts'
import { en } from '../../src/console/texts/en/en.ts'
import { createConsoleLanguages } from '../../src/console/texts/languages.ts'
import { counting } from '../../src/frame/counting.ts'
import { arabic } from './arabic.ts'

/** The names in braces of a text; a function is called with numbers that have different plural forms. */
function placeholders(text: unknown): readonly string[] {
  const texts = typeof text === 'function' ? [1, 2, 5].map((n) => String(text(n, 'X'))) : [JSON.stringify(text)]
  return [...new Set(texts.flatMap((one) => [...one.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name)))].sort()
}

describe('the texts of the console', () => {
  it.each([
    ['German', de],
    ['Arabic', arabic],
  ])('%s has the same names in braces in every sentence as English', (_, language) => {
    const differ = Object.entries(language)
      .filter(([name]) => name !== 'fieldError')
      .filter(([name, text]) => placeholders(text).join() !== placeholders(en[name as keyof typeof en]).join())
    expect(differ.map(([name]) => name)).toEqual([])
  })

  it('German has no sentence that is English, except for words that are the same in both', () => {
    const same = Object.entries(de).filter(([name, text]) => text === en[name as keyof typeof en])
    expect(same.map(([, text]) => text)).toEqual(['Apps', 'OK', 'Status', 'App', 'Name', 'Homepage', 'API'])
  })

  it('English and German have a sentence of their own for a field error, without the code in it', () => {
    const error = { field: 'f', code: 'not_canonical', expected: '', received: '' } as const
    const sentences = [en, de].map((language) => language.fieldError(error))
    expect(new Set(sentences).size).toBe(2)
    for (const sentence of sentences) expect(sentence).not.toContain(error.code)
  })

  it('numbers take the plural form and the digits of the language', () => {
    expect([0, 1, 1206].map((n) => en.instancesOf(n, 'A'))).toEqual([
      '0 accounts use A',
      '1 account uses A',
      '1,206 accounts use A',
    ])
    expect([1, 1206].map((n) => de.instancesOf(n, 'A'))).toEqual(['1 Konto nutzt A', '1.206 Konten nutzen A'])
    expect([2, 3, 11, 100].map((n) => arabic.removeAppsTitle?.(n).split(' ').at(-1))).toEqual([
      'تطبيقين؟',
      'تطبيقات؟',
      'تطبيقًا؟',
      'تطبيق؟',
    ])
  })

  it.each([
    ['English', en],
    ['German', de],
    ['Arabic', arabic],
  ])('%s says in words that no account uses an app', (_, { removeAppHint, endTokensHint, allTokensRevoked }) => {
    const [none, some] = [0, 3].map((n) => [removeAppHint?.(n), endTokensHint?.(n), allTokensRevoked?.(n)].join('\n'))
    expect(none).not.toMatch(/[0٠]/)
    expect(some?.match(/[3٣]/g)).toHaveLength(3)
  })

  it('a dollar sign in a counted sentence stays as it is', () => {
    expect(counting('en')(2, { other: '# of $& and $1' })).toBe('2 of $& and $1')
  })
})

describe('the language of a page', () => {
  const find = createConsoleLanguages({ ar: arabic, de: { ok: 'Passt' }, 'pt-BR': { ok: 'Ok' } })

  it.each([
    ['de-AT', 'de-AT', 'ltr', 'Passt'],
    ['AR-eg', 'ar-EG', 'rtl', 'موافق'],
    ['pt-BR', 'pt-BR', 'ltr', 'Ok'],
    ['pt', 'en', 'ltr', 'OK'],
    ['en-GB', 'en-GB', 'ltr', 'OK'],
    ['zh-Hant-TW', 'en', 'ltr', 'OK'],
    ['not a tag', 'en', 'ltr', 'OK'],
    [undefined, 'en', 'ltr', 'OK'],
  ])('for %s is %s', (asked, locale, dir, ok) => {
    const language = find(asked)
    expect([language.locale, language.dir, language.texts.ok]).toEqual([locale, dir, ok])
  })

  it('what a host leaves out of its texts is as shipped, or English', () => {
    expect(find('de').texts.cancel).toBe('Abbrechen')
    expect(find('ar').texts.tryIt).toBe('Try it')
  })
})

describe('dates', () => {
  const formats = createFormats()
  const at = new Date('2026-11-25T23:30:00Z')

  it('are in the zone and the words of the reader', () => {
    expect(formats('en-GB', 'Europe/Berlin').dateAndTime(at)).toBe('26 Nov 2026, 00:30')
    expect(formats('de', 'UTC').date(at)).toBe('25.11.2026')
    expect(formats('ar-EG', 'UTC').date(at)).toMatch(/[٠-٩]/)
  })

  it.each([
    [52 * 60_000, 'in 52 minutes'],
    [-90_000, '1 minute ago'],
    [3 * 3_600_000, 'in 3 hours'],
    [50 * 3_600_000, 'in 2 days'],
    [900, 'in 0 seconds'],
  ])('%i ms away is "%s"', (ms, text) => {
    expect(formats('en', 'UTC').distance(new Date(at.getTime() + ms), at)).toBe(text)
  })

  it('formatters are kept, but not more than 50', () => {
    const few = createFormats()
    const first = few('en', 'UTC')
    expect(few('en', 'UTC')).toBe(first)
    for (let n = 1; n <= 50; n++) few(`en-x-t${n}`, 'UTC')
    expect(few('en', 'UTC')).not.toBe(first)
  })
})
