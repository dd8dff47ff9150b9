import { createHmac, hash, timingSafeEqual } from 'node:crypto'
import { bytesToBase62 } from './base62.ts'

/** The SHA-256 digest as 43 base64url characters: the only form in which a secret is stored. */
export function digestOf(text: string): string {
  return hash('sha256', text, 'base64url')
}

/** Compares two digests in constant time. */
export function sameDigest(one: string, other: string): boolean {
  const left = Buffer.from(one, 'latin1')
  const right = Buffer.from(other, 'latin1')
  return left.length === right.length && timingSafeEqual(left, right)
}

/** A short name for a list of texts: SHA-256 in base64url, truncated to `length`. JSON keeps different lists distinct. */
export function nameOf(length: number, ...texts: readonly string[]): string {
  return hash('sha256', JSON.stringify(texts), 'base64url').slice(0, length)
}

/** HMAC-SHA-256 of a list of texts in base62, truncated to `length`, at most 48 characters. */
export function macOf(key: string, length: number, ...texts: readonly string[]): string {
  return bytesToBase62(createHmac('sha256', key).update(JSON.stringify(texts)).digest()).slice(0, length)
}
