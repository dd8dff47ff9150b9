import { createAppSecretText } from '../../credentials/app-secret-text.ts'
import { digestOf } from '../../credentials/digest.ts'
import type { RandomText } from '../../credentials/random.ts'
import type { DigestedSecret } from '../../records/app.ts'

const SECRET_ID_LENGTH = 11

/** Two, so that a new secret can be deployed before the old one is removed. */
export const MAX_SECRETS = 2

/** A new secret, and its stored form. */
export function createAppSecret(
  random: RandomText,
  clock: () => number,
): { readonly secret: string; readonly stored: DigestedSecret } {
  const secret = createAppSecretText(random)
  return { secret, stored: { id: createSecretId(random), digest: digestOf(secret), createdAt: clock() } }
}

export function createSecretId(random: RandomText): string {
  return random(SECRET_ID_LENGTH)
}

/** Whether the text could be the id of a secret. */
export function isSecretId(text: string): boolean {
  return text.length === SECRET_ID_LENGTH && /^[A-Za-z0-9]+$/.test(text)
}
