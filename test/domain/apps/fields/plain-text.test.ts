import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { FieldRule } from '../../../../src/domain/apps/fields/field-rule.ts'
import { descriptionRule, nameRule } from '../../../../src/domain/apps/fields/plain-text.ts'

const codeOf = (rule: FieldRule<string>, text: string) => {
  const outcome = rule.check(text)
  return outcome.ok ? 'accepted' : outcome.code
}

const bidirectional = [
  '\u061c',
  '\u200e',
  '\u200f',
  '\u202a',
  '\u202b',
  '\u202c',
  '\u202d',
  '\u202e',
  '\u2066',
  '\u2067',
  '\u2068',
  '\u2069',
]
const invisible = [
  '\u200b',
  '\u2060',
  '\ufeff',
  '\u00ad',
  '\u034f',
  '\u115f',
  '\u1160',
  '\u17b4',
  '\u180b',
  '\u180e',
  '\u2028',
  '\u2029',
  '\u2061',
  '\u206a',
  '\u2800',
  '\u3164',
  '\uffa0',
  '\ufff9',
  '\ufffe',
  '\u{e0041}',
  '\u{e0100}',
  '\ud800',
  '\udc00',
]
const controls = ['\0', '\x01', '\x08', '\x0b', '\x1b', '\x1f', '\x7f', '\x85', '\x9f']
const joiners = ['\u200c', '\u200d', '\ufe0e', '\ufe0f']

describe('nameRule', () => {
  test.each([
    ['MyApp', 'MyApp'],
    ['  My App  ', 'My App'],
    ['\u3000My\u00a0App\u00a0', 'My\u00a0App'],
    ['Cafe\u0301', 'Caf\u00e9'],
    ['<script>alert(1)</script>', '<script>alert(1)</script>'],
    ['日本語アプリ', '日本語アプリ'],
    ['שלום', 'שלום'],
    ['تطبيق', 'تطبيق'],
    ['हिन्दी', 'हिन्दी'],
    ['🚀', '🚀'],
    ['__proto__', '__proto__'],
    ['constructor', 'constructor'],
  ])('the name %j is stored as %j (APP-4, S41)', (text, name) => {
    expect(nameRule.check(text)).toEqual({ ok: true, value: name })
  })

  test.each([
    'علی\u200cرضا',
    'می\u200cخواهم',
    'ශ්\u200dරී ලංකා',
    'क्\u200dष',
    'র\u200d্যাব',
    'ക്\u200dഷ',
    '❤\ufe0f',
    '☎\ufe0e Calls',
    '👨\u200d👩\u200d👧',
    '👩🏽\u200d🚀 Academy',
    '🏳\ufe0f\u200d🌈',
    '1\ufe0f\u20e3 First',
    '🇩🇪',
    '\u{1f3f4}\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
  ])('the name %j is accepted with its joiners (APP-4)', (name) => {
    expect(nameRule.check(name)).toEqual({ ok: true, value: name })
  })

  test.each([
    'علی\u200c',
    '\u200cعلی',
    'علی\u200c\u200cرضا',
    'علی\u200c رضا',
    'علی\u200cx',
    'x\u200dරී',
    'Pay\u200cPal',
    'п\u200dр',
    '1\u200c2',
    '👨\u200d',
    '\u200d👧',
    '👨\u200d\u200d👧',
    '👨\u200dx',
    'A\ufe0f',
    '❤\ufe0f\ufe0f',
    '🏴\u{e0067}\u{e0062}\u{e007f}',
    '👧\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}',
  ])('the name %j is refused because nothing needs its joiner or selector (APP-4, S06)', (name) => {
    expect(codeOf(nameRule, name)).toBe('forbidden_character')
  })

  test.each([...bidirectional, ...invisible, ...controls, ...joiners, '\t', '\n', '\r'])(
    '%j is refused anywhere in a name (APP-4, S06, S52)',
    (character) => {
      for (const text of [`My${character}App`, `${character}App`, `App${character}`, character])
        expect(codeOf(nameRule, text)).toBe('forbidden_character')
    },
  )

  test.each([' ', '\u3000\u00a0', '\u0301', '\u20dd'])(
    'the name %j is refused because it shows nothing of its own (APP-4)',
    (text) => {
      expect(codeOf(nameRule, text)).toBe('required')
    },
  )

  test('a name has at most 100 code points after NFC and trimming (APP-4)', () => {
    for (const character of ['a', '🚀', 'e\u0301', '\u1100\u1161\u11a8']) {
      expect(codeOf(nameRule, character.repeat(100))).toBe('accepted')
      expect(codeOf(nameRule, ` ${character.repeat(100)} `)).toBe('accepted')
      expect(codeOf(nameRule, character.repeat(101))).toBe('too_long')
    }
  })

  test('the length check in code units refuses no name that the rule accepts', () => {
    // The longest canonical decomposition there is: four units for one character.
    expect('\u1f82'.normalize('NFD')).toHaveLength(4)
    expect(codeOf(nameRule, '\u1f82'.normalize('NFD').repeat(100))).toBe('accepted')
    expect(nameRule.maxUnits).toBeGreaterThanOrEqual(400)
  })
})

describe('descriptionRule', () => {
  test.each([
    ['One line', 'One line'],
    [' two\r\nlines\rthree\n', 'two\nlines\nthree'],
    ['a\tb', 'a\tb'],
    ['می\u200cخواهم 👩\u200d💻 ❤\ufe0f', 'می\u200cخواهم 👩\u200d💻 ❤\ufe0f'],
    ['Cafe\u0301', 'Caf\u00e9'],
    [' \n ', ''],
    ['\u200d\ufe0f', ''],
  ])('the description %j is stored as %j (APP-4)', (text, description) => {
    expect(descriptionRule.check(text)).toEqual({ ok: true, value: description })
  })

  test.each([...bidirectional, ...invisible, ...controls])(
    '%j is refused in a description (APP-4, S52)',
    (character) => {
      expect(codeOf(descriptionRule, `a${character}b`)).toBe('forbidden_character')
    },
  )

  test('a description has at most 1024 characters (APP-4)', () => {
    expect(codeOf(descriptionRule, '🚀'.repeat(1024))).toBe('accepted')
    expect(codeOf(descriptionRule, '🚀'.repeat(1025))).toBe('too_long')
  })
})

test('a text rule accepts its own result again unchanged', () => {
  const character = fc.oneof(
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }),
    fc.constantFrom(' ', '\r', '\n', '\t', '\u0301', 'e', '\u00a0', '\u200d'),
  )
  const text = fc.array(character, { maxLength: 20 }).map((all) => all.join(''))
  fc.assert(
    fc.property(text, fc.constantFrom(nameRule, descriptionRule), (given, rule) => {
      const outcome = rule.check(given)
      if (!outcome.ok || outcome.value === '') return
      expect(outcome.value).toBe(outcome.value.normalize('NFC').trim())
      expect(rule.check(outcome.value)).toEqual(outcome)
    }),
    { numRuns: 5000 },
  )
})
