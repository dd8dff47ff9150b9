import { expect, test } from 'vitest'
import { UNREADABLE } from '../../../src/base/describe-value.ts'
import { shownValue } from '../../../src/domain/input/shown-value.ts'

test.each([
  ['abc', 'abc'],
  ['', 'an empty string'],
  ['a\u202eb\n\u200b\0', 'a\\u{202e}b\\u{a}\\u{200b}\\u{0}'],
  ['\ud800', '\\u{d800}'],
  ['🚀', '🚀'],
  ['a'.repeat(100), 'a'.repeat(100)],
  ['a'.repeat(101), `${'a'.repeat(99)}…`],
  ['🚀'.repeat(50), '🚀'.repeat(50)],
  ['🚀'.repeat(51), `${'🚀'.repeat(49)}…`],
  [`${'a'.repeat(95)}\u202e`, `${'a'.repeat(95)}…`],
  [`${'a'.repeat(92)}\u202eb`, `${'a'.repeat(92)}…`],
  ['\u202e'.repeat(100), `${'\\u{202e}'.repeat(12)}…`],
  [null, 'null'],
  [undefined, 'nothing'],
  [1.5, '1.5'],
  [false, 'false'],
  [10n, 'a bigint'],
  [Symbol('secret'), 'a symbol'],
  [() => 1, 'a function'],
  [[1], 'an array'],
  [{ a: 1 }, 'an object'],
  [new String('x'), 'an object'],
  [UNREADABLE, 'a value that cannot be read'],
])('%s is displayed as %s: at most 100 characters, none hidden (APP-5, S52)', (value, shown) => {
  expect(shownValue(value)).toBe(shown)
})

test('displaying a value runs none of its code', () => {
  const trap = () => expect.unreachable('the value was asked')
  const hostile = { toString: trap, valueOf: trap, toJSON: trap, [Symbol.toPrimitive]: trap }
  expect(shownValue(hostile)).toBe('an object')
})
