// The base of the examples of stores: one node revokes, and another notices.
import type { Store } from 'appgrant'
import { createAppGrant } from 'appgrant'
import { platform, shared } from './platform.ts'

/** Runs two nodes of a platform, each with a store of its own on the same database. Leaves nothing but tombstones. */
export async function twoNodes(openStore: () => Promise<Store>): Promise<void> {
  const { appgrant: one, key, secret } = await platform({ store: await openStore() })
  const other = createAppGrant({ store: await openStore(), ...shared })
  await other.prepare()
  try {
    const { accessToken } = await one.authorizer.clientCredentials({ key, secret })
    const { account } = await other.authorizer.verify(accessToken)
    console.log(`token on the other node: valid for ${account}`)

    await one.apps.revokeTokens(key)
    const after = await other.authorizer.tryVerify(accessToken)
    console.log(`after one node has revoked it: ${after.ok ? 'valid' : after.reason}`)
  } finally {
    await one.apps.remove(key)
    await Promise.all([one.close(), other.close()])
  }
}
