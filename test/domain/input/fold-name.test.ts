import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { foldName } from '../../../src/domain/input/fold-name.ts'

describe('foldName', () => {
  test.each([
    ['MyApp', 'MYAPP'],
    ['Straße', 'STRASSE'],
    ['STRAẞE', 'strasse'],
    ['caf\u00e9', 'CAFE\u0301'],
    ['ＭｙＡｐｐ', 'myapp'],
    ['ﬁle', 'FILE'],
    ['ΟΔΟΣ', 'οδός'.normalize('NFD').replace('\u0301', '')],
    ['İSTANBUL', 'istanbul'],
    ['I\u0307\u0301', '\u00ed'],
    ['ПРИЛОЖЕНИЕ', 'приложение'],
    ['My\u00a0App', 'my app'],
    ['PLATFORM  \u2003Support', 'Platform support'],
    ['ｶﾞ', 'ガ'],
    ['علی\u200cرضا', 'علیرضا'],
    ['ශ්\u200dරී', 'ශ්රී'],
    ['❤\ufe0f', '❤'],
    ['👨\u200d👩\u200d👧', '👨👩👧'],
  ])('the name %s is found by %s (LST-2, APP-4)', (stored, asked) => {
    expect(foldName(stored)).toBe(foldName(asked))
  })

  test('part of a name is found in the whole, whatever ends the part (LST-2)', () => {
    expect(foldName('ΟΔΟΣΑ')).toContain(foldName('ΟΔΟΣ'))
    expect(foldName('Die Straße')).toContain(foldName('STRASS'))
  })

  test.each([
    ['café', 'cafe'],
    ['app', 'apps'],
    ['ü', 'ue'],
  ])('the name %s is not found by %s', (a, b) => {
    expect(foldName(a)).not.toBe(foldName(b))
  })

  test('folding is idempotent and independent of the normalization form of the name', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' })),
        fc.constantFrom('NFC', 'NFD', 'NFKC', 'NFKD'),
        (name, form) => {
          expect(foldName(foldName(name))).toBe(foldName(name))
          expect(foldName(name.normalize(form))).toBe(foldName(name))
        },
      ),
      { numRuns: 10_000 },
    )
  })

  test('folding maps every assigned character to a stable result', () => {
    const unstable: string[] = []
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) {
      const folded = foldName(String.fromCodePoint(codePoint))
      if (foldName(folded) !== folded) unstable.push(codePoint.toString(16))
    }
    expect(unstable).toEqual([])
  })
})
