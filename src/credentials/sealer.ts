import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync, type KeyObject, randomBytes } from 'node:crypto'
import type { KeyRing } from './key-ring.ts'

const ALGORITHM = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Encrypts what a client keeps for this server, so that nothing has to be stored: nobody else can read it, make it or change it. */
export interface Sealer {
  /** Different for every call. base64url. */
  seal(text: string): string
  /** Undefined if it was not sealed with a key of the ring, for this purpose. */
  open(sealed: string): string | undefined
}

/** @param purpose - what is sealed for one purpose cannot be opened for another. */
export function createSealer(ring: KeyRing, purpose: string): Sealer {
  const keys = ring.map((key) => createSecretKey(Buffer.from(hkdfSync('sha256', key, '', purpose, KEY_BYTES))))

  return {
    seal(text) {
      const [key] = keys
      if (!key) throw new TypeError('there is no key to seal with')
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv(ALGORITHM, key, nonce)
      return Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]).toString('base64url')
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64url')
      // Several texts decode to the same bytes: only the one that was issued counts.
      if (bytes.length < NONCE_BYTES + TAG_BYTES || bytes.toString('base64url') !== sealed) return undefined
      for (const key of keys) {
        const text = openWith(key, bytes)
        if (text !== undefined) return text
      }
      return undefined
    },
  }
}

function openWith(key: KeyObject, bytes: Buffer): string | undefined {
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
  const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
  try {
    return Buffer.concat([text, decipher.final()]).toString()
  } catch {
    return undefined
  }
}
