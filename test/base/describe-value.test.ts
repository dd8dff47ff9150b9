import { describe, expect, it } from 'vitest'
import { describeValue, isList, UNREADABLE } from '../../src/base/describe-value.ts'
import { invalidOption } from '../../src/base/errors.ts'

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable([], {})
  revoke()
  return proxy
}
const hostile = {
  toString: () => expect.fail('was rendered'),
  toJSON: () => expect.fail('was rendered'),
}

describe('describeValue', () => {
  it.each([
    [undefined, 'nothing'],
    [null, 'null'],
    [true, 'true'],
    ['hunter2', 'a string of 7 characters'],
    [4711, 'a number'],
    [[1, 2], 'an array'],
    [{ password: 'hunter2' }, 'an object'],
    [() => 'hunter2', 'a function'],
    [Symbol('hunter2'), 'a symbol'],
    [10n, 'a bigint'],
    [UNREADABLE, 'a value that cannot be read'],
    [hostile, 'an object'],
  ])('describes %# by its type and shows none of it (ERR-8)', (value, described) => {
    expect(describeValue(value)).toBe(described)
  })

  it('shows texts as the caller wants them, and then numbers too', () => {
    const shown = (text: string) => `<${text}>`
    expect([describeValue('a', shown), describeValue(5, shown), describeValue({}, shown)]).toEqual([
      '<a>',
      '5',
      'an object',
    ])
  })

  it('describes a revoked proxy, which makes Array.isArray throw', () => {
    expect(describeValue(revoked())).toBe('an object')
  })

  it('isList is false for a revoked proxy, which makes Array.isArray throw', () => {
    expect([isList([]), isList({ length: 0 }), isList(revoked())]).toEqual([true, false, false])
  })
})

describe('invalidOption', () => {
  it('names the function, the option, what was expected and what was received (ERR-2)', () => {
    const error = invalidOption('redisStore', 'namespace', 'a name', 'a b')
    expect(error).toBeInstanceOf(TypeError)
    expect(error.message).toBe('redisStore: namespace: expected a name, received "a b"')
    expect(invalidOption('f', 'o', 'a number', 1.5).message).toBe('f: o: expected a number, received 1.5')
  })

  it('shows no credentials of a URL, no long text, and of a secret only its length (ERR-8)', () => {
    const messages = [
      invalidOption('f', 'o', 'x', 'https://me:hunter2@h.example/').message,
      invalidOption('f', 'o', 'x', 'https://h.example/?key=hunter2').message,
      invalidOption('f', 'o', 'x', 'hunter2', { isSecret: true }).message,
      invalidOption('f', 'o', 'x', ['hunter2']).message,
    ]
    for (const message of messages) expect(message).not.toContain('hunter2')
    expect(messages[2]).toBe('f: o: expected x, received a string of 7 characters')
    expect(invalidOption('f', 'o', 'x', 'y'.repeat(5000)).message.length).toBeLessThan(150)
  })
})
