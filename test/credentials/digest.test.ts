import { createHash, createHmac } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesToBase62, numberFromBase62, numberToBase62 } from '../../src/credentials/base62.ts'
import { digestOf, macOf, nameOf, sameDigest } from '../../src/credentials/digest.ts'

describe('digests', () => {
  it('a digest is SHA-256 in base64url', () => {
    for (const text of ['', 'abc', 'ж', '\0'])
      expect(digestOf(text)).toBe(createHash('sha256').update(text).digest('base64url'))
  })

  it('two digests are equal only if every character is equal', () => {
    const one = digestOf('one')
    expect(sameDigest(one, digestOf('one'))).toBe(true)
    for (const other of [digestOf('two'), one.slice(1), `${one}=`, '', one.toLowerCase()])
      expect(sameDigest(one, other)).toBe(false)
  })

  it('the name of a list of texts depends on where each text ends', () => {
    const lists = [['a', 'b'], ['ab'], ['a,b'], ['a","b'], ['', 'ab'], ['ab', ''], ['b', 'a'], []]
    expect(new Set(lists.map((list) => nameOf(24, ...list))).size).toBe(lists.length)
    expect(new Set(lists.map((list) => macOf('key', 24, ...list))).size).toBe(lists.length)
    for (const list of lists) expect(nameOf(24, ...list)).toMatch(/^[\w-]{24}$/)
  })

  it('a keyed digest is HMAC-SHA-256', () => {
    const mac = createHmac('sha256', 'key')
      .update(JSON.stringify(['a', 'b']))
      .digest()
    expect(macOf('key', 48, 'a', 'b')).toBe(bytesToBase62(mac))
    expect(macOf('other', 48, 'a', 'b')).not.toBe(bytesToBase62(mac))
  })
})

describe('base62', () => {
  it('base62 restores every number, at fixed width and in numeric order', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.nat(2 ** 32 - 1), (one, other) => {
        const [left, right] = [numberToBase62(one, 6), numberToBase62(other, 6)]
        expect(left).toMatch(/^[A-Za-z0-9]{6}$/)
        expect(numberFromBase62(left)).toBe(one)
        expect(left < right).toBe(one < other)
      }),
      { seed: 62 },
    )
    expect(numberToBase62(2 ** 32 - 1, 6)).toBe('4gfFC3')
  })

  it('base62 loses nothing of 32 bytes', () => {
    const texts = new Set<string>()
    for (let bit = 0; bit < 256; bit++) {
      const bytes = Buffer.alloc(32)
      bytes[bit >> 3] = 1 << (bit & 7)
      texts.add(bytesToBase62(bytes))
    }
    expect(texts.size).toBe(256)
    expect(bytesToBase62(Buffer.alloc(32, 255))).toHaveLength(48)
  })
})
