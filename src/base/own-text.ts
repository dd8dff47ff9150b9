/**
 * The same text as a string of its own, for what is kept longer than a request. A slice keeps the whole text that it was cut
 * from alive: an id the token, a scope all scopes (ERR-7).
 *
 * @param text - ASCII.
 */
export function ownText(text: string): string {
  return Buffer.from(text, 'latin1').toString('latin1')
}
