import { nameOf } from '../credentials/digest.ts'

const LENGTH = 11

/**
 * The name under which signed tokens and the revocation feed know a stamp, a session, a token or an app. It is a digest, so that it
 * tells nothing of what is stored.
 */
export function stampName(of: 'active' | 'stamp' | 'session' | 'token', text: string): string {
  return nameOf(LENGTH, of, text)
}
