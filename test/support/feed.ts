import { randomUUID } from 'node:crypto'
import { decodeJwt } from 'jose'
import type { AppGrant } from '../../src/index.ts'

/** A reader of the feed, without a signature check: it has what a verifier would have after the same parts. */
export function readingFeed(appgrant: () => AppGrant) {
  const reader = { app: 'app', reader: randomUUID(), silentSeconds: 30 }
  const revoked = new Set<string>()
  let cursor: string | undefined
  let parts = 0
  return {
    ...reader,
    revoked,
    get cursor() {
      return cursor
    },
    get parts() {
      return parts
    },
    /** Reads to the end. */
    async poll(): Promise<void> {
      let isComplete = false
      while (!isComplete) {
        const part = membersOf((await appgrant().revocationFeed?.read({ ...reader, cursor })) ?? '')
        for (const name of part.restored) revoked.delete(name)
        for (const name of part.revoked) revoked.add(name)
        cursor = part.cursor
        isComplete = part.complete
        parts++
      }
    },
    /** Whether a signed token depends on something that is revoked. */
    refuses: (token: string) => stampsIn(token).some((stamp) => revoked.has(stamp)),
  }
}

export function membersOf(jws: string) {
  return decodeJwt(jws) as unknown as {
    readonly aud: string
    readonly cursor: string
    readonly complete: boolean
    readonly revoked: readonly string[]
    readonly restored: readonly string[]
  }
}

export function stampsIn(token: string): readonly string[] {
  const { stamps } = decodeJwt(token) as { readonly stamps?: readonly string[] }
  if (!stamps?.length) throw new Error('expected a token with stamps')
  return stamps
}
