import type { en } from './en/en.ts'

/**
 * Every sentence of the console. Sentences are plain text and escaped when they are shown. A name in braces stands for a name or value
 * that is put in its place; every language keeps the same ones. Functions get numbers and names, and choose the plural themselves.
 */
export type Texts = Readonly<typeof en>
