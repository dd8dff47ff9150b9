import { randomFillSync } from 'node:crypto'
import { base62Digit } from './base62.ts'

// The largest multiple of 62 in a byte: what lies above would favour the first characters.
const UNBIASED = 248
const POOL_BYTES = 4096

/** Gives that many characters of `A-Za-z0-9` from the system's secure generator, every one as likely as the others. */
export type RandomText = (length: number) => string

/** A source of random text that asks the system for many bytes at once: one call for every few would cost more than all the rest. */
export function createRandomText(): RandomText {
  const pool = Buffer.alloc(POOL_BYTES)
  let next = POOL_BYTES

  return (length) => {
    let text = ''
    while (text.length < length) {
      if (next === POOL_BYTES) {
        randomFillSync(pool)
        next = 0
      }
      const byte = pool[next] as number
      // What was handed out does not stay in memory.
      pool[next++] = 0
      if (byte < UNBIASED) text += base62Digit(byte % 62)
    }
    return text
  }
}
