import type { ImportedInstall } from '../../src/index.ts'

/** A refresh token of another server. */
export const THEIR_REFRESH_TOKEN = 'their-refresh-token-1_~.+/='

/** That `user` authorized an app of another server, with {@link THEIR_REFRESH_TOKEN} in clear. */
export function theirInstall(fields: Partial<ImportedInstall> = {}): ImportedInstall {
  return {
    type: 'install',
    app: 'their-key',
    account: 'user',
    scope: ['read', 'write'],
    refreshToken: { scheme: 'plain', text: THEIR_REFRESH_TOKEN },
    ...fields,
  }
}
