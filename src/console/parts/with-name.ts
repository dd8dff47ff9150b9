import { fill, type Html, html } from '../../frame/html.ts'
import type { Phrase } from '../texts/texts.ts'

/** A sentence about a name, which stays apart from the words around it: it may be written in the other direction. */
export function withName(phrase: Phrase<[name: string]>, name: string): Html {
  return fill(phrase('{name}'), { name: html`<bdi>${name}</bdi>` })
}
