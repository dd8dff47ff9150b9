import { PARTITIONS } from '../credentials/app-key.ts'
import { numberToBase62 } from '../credentials/base62.ts'
import { type TokenFields, WIDTH } from '../credentials/token-format.ts'
import type { RecordRef } from '../store/store.ts'
import type { Kind } from './collection.ts'
import { FIRST_REFRESH } from './session.ts'

/**
 * Leads from the text of an imported refresh token to the session that it starts: it is the first refresh token of that session. It
 * permits nothing without the session, and says nothing of the account.
 */
export interface LegacyRefreshToken {
  /** Of its text. */
  readonly digest: string
  readonly app: string
  readonly install: string
  readonly session: string
  /** The session's tag of its first refresh token. */
  readonly tag: string
  readonly expiresAt: number
}

const KIND = 'l'

/** Spread over all partitions by the digest, because nothing but the text is known when it is looked up. */
export function legacyRefreshTokenRef(digest: string): RecordRef {
  const [first = 0] = Buffer.from(digest.slice(0, 2), 'base64url')
  return { kind: KIND, partition: PARTITIONS[first] as string, id: digest }
}

/** What a refresh token of this package would say of the same session, if its text was that of the imported one. */
export function fieldsOfLegacy(text: string, { app, install, session, tag }: LegacyRefreshToken): TokenFields<'rt'> {
  return { app, install, session, stage: numberToBase62(FIRST_REFRESH, WIDTH.stage), secret: text, tag }
}

export const legacyRefreshTokenKind: Kind<LegacyRefreshToken> = {
  name: KIND,
  place({ digest, expiresAt }) {
    const { partition, id } = legacyRefreshTokenRef(digest)
    return { partition, id, groups: [], position: expiresAt, expiresAt }
  },
  pack: ({ app, install, session, tag }) => JSON.stringify({ app, install, session, tag }),
  unpack: ({ id: digest, data, position: expiresAt }) => ({ ...JSON.parse(data), digest, expiresAt }),
}
