import { hash } from 'node:crypto'
import { CompactEncrypt, compactDecrypt } from 'jose'

const SEALED = { alg: 'dir', enc: 'A256GCM' } as const

/** Encrypts a text so that only a holder of the secret can read it. @see RFC 7516 */
export function seal(text: string, secret: string): Promise<string> {
  return new CompactEncrypt(Buffer.from(text)).setProtectedHeader(SEALED).encrypt(keyOf(secret))
}

/** Decrypts the result of {@link seal}. Rejects if the secret is a different one. */
export async function unseal(sealed: string, secret: string): Promise<string> {
  const { plaintext } = await compactDecrypt(sealed, keyOf(secret))
  return Buffer.from(plaintext).toString()
}

function keyOf(secret: string): Uint8Array {
  return hash('sha256', secret, 'buffer')
}
