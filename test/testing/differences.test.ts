import { describe, expect, it } from 'vitest'
import { differenceOf } from '../../src/testing/differences.ts'

const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, n) => `id${from + n}`)

describe('differenceOf', () => {
  it.each([
    ['values', 1, 2, 'expected 2, received 1'],
    ['an absent value', undefined, 'a', "expected 'a', received undefined"],
    ['short lists', ['a'], ['a', 'b'], "expected [ 'a', 'b' ], received [ 'a' ]"],
    ['texts that look alike', '\u00e9', 'e\u0301', "expected 'e\\u{301}', received '\\u{e9}'"],
    [
      'fields of a record',
      { id: 'a', data: '1', groups: ['g'] },
      { id: 'a', data: '2', groups: [] },
      "data: expected '2', received '1'; groups: expected [], received [ 'g' ]",
    ],
    ['a field that is missing', { id: 'a' }, { id: 'a', expiresAt: 1 }, 'expiresAt: expected 1, received undefined'],
    [
      'an item that is missing from a long list',
      ids(0, 99),
      ids(0, 100),
      "expected 100 items, received 99; the first difference is at 99: expected 'id99', received undefined; missing: [ 'id99' ]",
    ],
    [
      'an item that a long list has twice',
      ['id0', ...ids(0, 20)],
      ids(0, 20),
      "expected 20 items, received 21; the first difference is at 1: expected 'id1', received 'id0'; missing: []; " +
        "not expected: [ 'id0' ]",
    ],
    [
      'two items of a long list that are swapped',
      ['id1', 'id0', ...ids(2, 20)],
      ids(0, 20),
      "expected 20 items, received 20 in another order; the first difference is at 0: expected 'id0', received 'id1'",
    ],
    [
      'long texts',
      `${'x'.repeat(500)}\u00e9${'x'.repeat(500)}`,
      'x'.repeat(1001),
      "at character 500: expected 'xxxxxxxxxxxxxxxxxxxxxxxx' (of 1001 characters), " +
        "received 'xxxxxxxxxxxx\\u{e9}xxxxxxxxxxx' (of 1001 characters)",
    ],
  ])('names what is different about %s', (_, received, expected, words) => {
    expect(differenceOf(received, expected)).toBe(words)
  })

  it('stays short, however long the values are', () => {
    expect(differenceOf(ids(0, 5000), ids(2500, 7500)).length).toBeLessThan(500)
    expect(differenceOf('x'.repeat(1e6), 'y'.repeat(1e6)).length).toBeLessThan(200)
  })
})
