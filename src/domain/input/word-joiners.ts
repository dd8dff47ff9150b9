// Scripts in which a joiner between two letters changes how they are written, and so what is read: Persian and Urdu, the Brahmic
// scripts with their conjuncts, Mongolian, and others that are written joined.
const JOINING_SCRIPTS = [
  ...[
    'Arabic',
    'Syriac',
    'Mandaic',
    'Mongolian',
    'Nko',
    'Adlam',
    'Hanifi_Rohingya',
    'Devanagari',
    'Bengali',
    'Gurmukhi',
  ],
  ...[
    'Gujarati',
    'Oriya',
    'Tamil',
    'Telugu',
    'Kannada',
    'Malayalam',
    'Sinhala',
    'Khmer',
    'Myanmar',
    'Tibetan',
    'Balinese',
  ],
  ...['Javanese', 'Sundanese', 'Newa', 'Chakma', 'Meetei_Mayek'],
]
const LETTERS = JOINING_SCRIPTS.map((script) => String.raw`(?=[\p{L}\p{M}])\p{Script_Extensions=${script}}`)
const WORD_JOINER = new RegExp(LETTERS.map((letter) => `(?<=${letter})[\u200c\u200d](?=${letter})`).join('|'), 'gu')

// An emoji with its skin tone, selector or keycap. @see UTS #51 §1.4.9
const EMOJI = String.raw`(?:[0-9#*]\ufe0f\u20e3|\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|[\ufe0e\ufe0f]\u20e3?)?)`
// Black flag, and gbeng, gbsct or gbwls in tags.
const FLAG = String.raw`\u{1f3f4}\u{e0067}\u{e0062}(?:\u{e0065}\u{e006e}\u{e0067}|\u{e0073}\u{e0063}\u{e0074}|\u{e0077}\u{e006c}\u{e0073})\u{e007f}`
const EMOJI_SEQUENCE = new RegExp(`${FLAG}|${EMOJI}(?:\u200d${EMOJI})*`, 'gu')

/**
 * `text` without the invisible characters that belong in names of some script: joiners between letters of the same script, and
 * whole emoji. Any other joiner or selector is left, because it only makes a name look like another one.
 */
export function withoutWordJoiners(text: string): string {
  return text.replace(WORD_JOINER, '').replace(EMOJI_SEQUENCE, '')
}
