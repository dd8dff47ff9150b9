import { crc32 } from 'node:zlib'
import { KEY_LENGTH } from './app-key.ts'
import { numberToBase62 } from './base62.ts'
import type { RandomText } from './random.ts'

/** So that scanners find secrets in texts. The same on all platforms: a prefix of each would leave too few random characters. */
const PREFIX = 'ags'
const CHECKSUM = 6
/** 23 characters of 62: 136 bits. */
const RANDOM = KEY_LENGTH - PREFIX.length - CHECKSUM
const FORM = new RegExp(`^${PREFIX}[0-9A-Za-z]{${RANDOM + CHECKSUM}}$`)

/** A new secret of an app: 32 characters of `A-Za-z0-9`, which end in the checksum of those before it. */
export function createAppSecretText(random: RandomText): string {
  return withChecksum(PREFIX + random(RANDOM))
}

/** Whether the text is certainly a secret of an app, although of which one it does not say. Made-up texts are refused without a read. */
export function isAppSecretText(text: string): boolean {
  return text.length === KEY_LENGTH && FORM.test(text) && withChecksum(text.slice(0, -CHECKSUM)) === text
}

function withChecksum(text: string): string {
  return text + numberToBase62(crc32(text), CHECKSUM)
}
