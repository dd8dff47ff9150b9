import { describe, expect, it } from 'vitest'
import { createRandomText } from '../../src/credentials/random.ts'

describe('random text', () => {
  it('every character of A-Za-z0-9 is equally frequent in random text', () => {
    const random = createRandomText()
    const counts = new Map<string, number>()
    const characters = 620_000
    for (const character of random(characters)) counts.set(character, (counts.get(character) ?? 0) + 1)
    expect([...counts.keys()].sort().join('')).toBe('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')
    const expected = characters / 62
    let chiSquare = 0
    for (const count of counts.values()) chiSquare += (count - expected) ** 2 / expected
    // 61 degrees of freedom: a fair source exceeds 145 once in 100 million runs; a modulo without rejection reaches 9000.
    expect(chiSquare).toBeLessThan(145)
  })

  it('random text has the requested length, across the ends of its pool, and never repeats', () => {
    const random = createRandomText()
    const texts = new Set<string>()
    for (let n = 0; n < 2000; n++) {
      const text = random(1 + (n % 97))
      expect(text).toHaveLength(1 + (n % 97))
      if (text.length > 15) texts.add(text)
    }
    expect(texts.size).toBe([...Array(2000).keys()].filter((n) => n % 97 >= 15).length)
    expect(random(0)).toBe('')
    expect(random(10_000)).toHaveLength(10_000)
  })

  it('two sources of random text share no state', () => {
    expect(createRandomText()(40)).not.toBe(createRandomText()(40))
  })
})
