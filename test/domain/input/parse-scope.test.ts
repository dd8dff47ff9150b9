import { describe, expect, it } from 'vitest'
import { parseScope } from '../../../src/domain/input/parse-scope.ts'

describe('parseScope', () => {
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
    expect(parseScope(text)).toEqual(scopes)
  })
})
