import { createLanguages, type HostTexts, type Language } from '../../frame/languages.ts'
import { de } from './de/de.ts'
import { en } from './en/en.ts'
import type { Texts } from './texts.ts'

/** Finds the texts of the console for a locale. @param host - texts of the host, which replace and complete those that are shipped. */
export function createConsoleLanguages(host: HostTexts<Texts>): (locale: string | undefined) => Language<Texts> {
  return createLanguages<Texts>({ en, de }, host)
}
