const SPACES = /\p{White_Space}+/gu
const JOINERS = /\u200c|\u200d|[\ufe0e\ufe0f]|[\u{e0020}-\u{e007f}]/gu

/**
 * The form in which names are searched: a stored name and a search text are folded alike, then one is looked for in the
 * other. Compatibility forms (full width, ligatures) and case make no difference, in any script: `STRASSE` finds
 * `Straße`, and a composed `é` finds a decomposed one. Spaces in a row count as one, as pages show them. Joiners, emoji selectors and tags make none either, because not every
 * keyboard has them. Accents do make a difference, and so do letters of different scripts that look alike. Takes time linear in the length of
 * `name`, which the caller must limit.
 */
export function foldName(name: string): string {
  // Upper case expands what has no single lower-case counterpart (ß), and ẞ must first be lowered to ß. Lower case still
  // distinguishes the final sigma and the dot of a dotted capital I, so that part of a word might not match the word.
  const cased = name.replaceAll(JOINERS, '').normalize('NFKC').toLowerCase().toUpperCase().toLowerCase()
  const folded = cased.replaceAll('ς', 'σ').replaceAll('i\u0307', 'i')
  return folded.normalize('NFKC').replaceAll(SPACES, ' ')
}
