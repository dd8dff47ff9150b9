// Characters that cannot be seen, or that change how others are seen: controls, lone surrogates, line and paragraph
// separators, what Unicode calls default-ignorable (bidirectional controls, zero-width characters, soft hyphen, fillers,
// variation selectors, tags), noncharacters, interlinear annotation and the blank Braille pattern.
const HIDDEN =
  /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u{FFF9}-\u{FFFB}\u2800]/u
const EVERY_HIDDEN = new RegExp(HIDDEN, 'gu')

/** Whether `text` contains a character that cannot be seen or that changes how its neighbours are seen. */
export function hasHiddenCharacter(text: string): boolean {
  return HIDDEN.test(text)
}

/** `text` with each hidden character written as `\u{…}`, so that it can be printed anywhere. */
export function escapeHiddenCharacters(text: string): string {
  return text.replace(EVERY_HIDDEN, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}
