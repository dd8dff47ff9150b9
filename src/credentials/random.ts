import { randomFillSync } from 'node:crypto'
import { base62Code } from './base62.ts'

// The largest multiple of 62 in a byte. Bytes from here on would favour the first characters.
const UNBIASED = 248
const POOL_BYTES = 4096

/** Returns that many characters of `A-Za-z0-9` from the system's secure generator, all equally likely. */
export type RandomText = (length: number) => string

/** A source of random text. It reads many bytes at once, because a system call for every few would dominate the cost. */
export function createRandomText(): RandomText {
  const bytes = Buffer.alloc(POOL_BYTES)
  const digits = Buffer.alloc(POOL_BYTES)
  let size = 0
  let next = 0

  const refill = () => {
    randomFillSync(bytes)
    size = 0
    next = 0
    for (const byte of bytes) if (byte < UNBIASED) digits[size++] = base62Code(byte % 62)
    bytes.fill(0)
  }

  return (length) => {
    let text = ''
    while (text.length < length) {
      if (next === size) refill()
      const end = Math.min(size, next + length - text.length)
      text += digits.toString('latin1', next, end)
      // Keep no copy of the returned characters in memory.
      digits.fill(0, next, end)
      next = end
    }
    return text
  }
}
