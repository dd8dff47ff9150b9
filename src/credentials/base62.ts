const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Characters that {@link bytesToBase62} writes for four bytes. */
const BLOCK = 6

/** The character code of the digit for a number from 0 to 61. */
export function base62Code(value: number): number {
  return ALPHABET.charCodeAt(value)
}

/** A number as exactly `width` characters, most significant first. */
export function numberToBase62(value: number, width: number): string {
  let text = ''
  for (let rest = value; text.length < width; rest = Math.floor(rest / 62)) text = ALPHABET.charAt(rest % 62) + text
  return text
}

/** The inverse of {@link numberToBase62}. */
export function numberFromBase62(text: string): number {
  let value = 0
  for (const digit of text) value = value * 62 + ALPHABET.indexOf(digit)
  return value
}

/** Writes every four bytes as six characters, without loss: 32 bytes become 48 characters. */
export function bytesToBase62(bytes: Buffer): string {
  let text = ''
  for (let at = 0; at + 4 <= bytes.length; at += 4) text += numberToBase62(bytes.readUInt32BE(at), BLOCK)
  return text
}
