import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { bytesToBase62 } from './base62.ts'

/** SHA-256 as 43 characters of base64url: all that is ever stored of a secret. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** Whether two digests are the same, in a time that does not depend on where they differ. */
export function sameDigest(one: string, other: string): boolean {
  const left = Buffer.from(one, 'latin1')
  const right = Buffer.from(other, 'latin1')
  return left.length === right.length && timingSafeEqual(left, right)
}

/** A short name for a list of texts: their SHA-256 in base64url, cut to `length`. No two lists hash the same input. */
export function nameOf(length: number, ...texts: readonly string[]): string {
  return hash('sha256', JSON.stringify(texts), 'base64url').slice(0, length)
}

/** HMAC-SHA-256 of a list of texts in base62, cut to `length`, at most 48 characters. */
export function macOf(key: string, length: number, ...texts: readonly string[]): string {
  return bytesToBase62(createHmac('sha256', key).update(JSON.stringify(texts)).digest()).slice(0, length)
}
