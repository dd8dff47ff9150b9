import { digestOf } from '../../credentials/digest.ts'
import type { Collection } from '../../records/collection.ts'
import { fieldsOfLegacy, legacyRefreshTokenKind, legacyRefreshTokenRef } from '../../records/legacy-refresh-token.ts'
import { MAX_LEGACY_TEXT } from '../apps/read-imported-install.ts'
import type { Credential } from './session-credential.ts'

/**
 * Finds the imported refresh token with that text: what another server has issued, or another store had. One read, and no write.
 *
 * @returns it as the first refresh token of its session; undefined if there is none.
 */
export type FindLegacy = (text: string) => Promise<Credential | undefined>

export function createFindLegacy({ collection }: { readonly collection: Collection }): FindLegacy {
  return async (text) => {
    if (text === '' || text.length > MAX_LEGACY_TEXT) return undefined
    const legacy = await collection.load(legacyRefreshTokenKind, legacyRefreshTokenRef(digestOf(text)))
    return legacy && { kind: 'rt', ...fieldsOfLegacy(text, legacy) }
  }
}
