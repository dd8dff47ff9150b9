import { hash } from 'node:crypto'
import { CompactEncrypt, compactDecrypt } from 'jose'

const SEALED = { alg: 'dir', enc: 'A256GCM' } as const

/** A text that only who has the secret can read. @see RFC 7516 */
export function seal(text: string, secret: string): Promise<string> {
  return new CompactEncrypt(Buffer.from(text)).setProtectedHeader(SEALED).encrypt(keyOf(secret))
}

/** What {@link seal} was given. Rejects where the secret is another. */
export async function unseal(sealed: string, secret: string): Promise<string> {
  const { plaintext } = await compactDecrypt(sealed, keyOf(secret))
  return Buffer.from(plaintext).toString()
}

function keyOf(secret: string): Uint8Array {
  return hash('sha256', secret, 'buffer')
}
