import type { en } from './en/en.ts'

/** A sentence that depends on numbers and names, such as how many apps there are. It chooses the plural itself. */
export interface Phrase<Given extends readonly unknown[]> {
  // biome-ignore lint/style/useShorthandFunctionType: the API reference names an interface, and would repeat the type
  (...given: Given): string
}

type TextName = keyof typeof en
type AnyTexts = {
  readonly [Name in TextName]: (typeof en)[Name] extends (...given: infer Given) => string
    ? Phrase<Given>
    : (typeof en)[Name]
}

/**
 * Every sentence of the console. Sentences are plain text and escaped when they are shown. A name in braces stands for a name or value
 * that is put in its place; every language keeps the same ones.
 */
export interface Texts extends AnyTexts {}
