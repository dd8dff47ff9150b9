import { describe, expect, it } from 'vitest'
import { spacedList } from '../../../src/domain/input/spaced-list.ts'

describe('spacedList', () => {
  it.each([
    ['a', ['a']],
    ['a b', ['a', 'b']],
    ['  b   a ', ['b', 'a']],
    ['a b a', ['a', 'b']],
    ['a\tb', ['a\tb']],
    ['a,b', ['a,b']],
    ['__proto__', ['__proto__']],
    ['', undefined],
    ['   ', undefined],
    [undefined, undefined],
  ])('%j is %j (TOK-7)', (text, scopes) => {
    expect(spacedList(text)).toEqual(scopes)
  })
})
