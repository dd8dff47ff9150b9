/**
 * The form of a name in which names are searched: stored and asked names are folded alike, then one is looked for in the
 * other. Compatibility forms (full width, ligatures) and case make no difference, in any script: `STRASSE` finds
 * `Straße`, and a composed `é` finds a decomposed one. Accents do make a difference. Linear in the length of `name`;
 * bound it before.
 */
export function foldName(name: string): string {
  // Upper case unfolds what has no single lower-case partner (ß), and ẞ first has to be lowered to it. What lower case
  // still tells apart, the final sigma and the dot left on a dotted capital I, would make part of a word miss the word.
  const cased = name.normalize('NFKC').toLowerCase().toUpperCase().toLowerCase()
  const folded = cased.replaceAll('ς', 'σ').replaceAll('i\u0307', 'i')
  return folded.normalize('NFKC')
}
