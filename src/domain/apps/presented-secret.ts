import { digestOf, sameDigest } from '../../credentials/digest.ts'
import { type LiveApp, secretsOf } from '../../records/app.ts'

// Compared with if there is no other digest, so that every attempt compares twice.
const NO_DIGEST = digestOf('')
const COMPARISONS = 2
/** Imported secrets may be longer than those of this package. */
export const MAX_SECRET_LENGTH = 255

/** Whether the text may be a secret: if not, it is not hashed, however long it is. */
export function canBeSecret(text: string): boolean {
  return text.length > 0 && text.length <= MAX_SECRET_LENGTH
}

/** Whether the presented secret is one of the app's. */
export type PresentedSecret = (app: LiveApp | undefined) => boolean

/**
 * A secret costs one digest and two comparisons, whether there is an app or not. If the remembered app was compared first and is
 * also the stored version, it is not compared again (S22).
 */
export function presentedSecret(secret: string): PresentedSecret {
  let presented: string | undefined
  let last: { readonly app: LiveApp; readonly isProven: boolean } | undefined
  return (app) => {
    if (last && last.app === app) return last.isProven
    presented ??= digestOf(secret)
    const isProven = holds(app, presented)
    if (app) last = { app, isProven }
    return isProven
  }
}

function holds(app: LiveApp | undefined, presented: string): boolean {
  const secrets = app ? secretsOf(app) : []
  let found = false
  for (let at = 0; at < COMPARISONS; at++) {
    const secret = secrets[at]
    const stored = secret && 'digest' in secret ? secret.digest : undefined
    const isSame = sameDigest(stored ?? NO_DIGEST, presented)
    found = (isSame && stored !== undefined) || found
  }
  return found
}
