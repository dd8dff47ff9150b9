import type { AppGrant } from '../../src/index.ts'
import type { AccountTree } from '../support/account-tree.ts'
import type { Act } from './scheduler.ts'

/** What the operations below need to know. */
interface State {
  readonly key: string
  /** The accounts of the host. */
  readonly tree: AccountTree
}

/** Operations that end or stop what an app holds for `user`, whatever it was given that by. */
export const ENDING_ACTS = {
  suspend: async ({ key }, { apps }) => ((await apps.suspend(key)).suspended ? 'suspended' : 'active'),
  remove: async ({ key }, { apps }) => ((await apps.remove(key)) ? 'removed' : 'none'),
  revokeTokens: async ({ key }, { apps }) => (await apps.revokeTokens(key)) && 'revoked',
  withdraw: async ({ key }, { installs }) => `${await installs.withdraw({ app: key, account: 'user' })}`,
  /** After a read: without a call of the store it would come before everything else. */
  async replaceUser({ key, tree }, { apps }) {
    await apps.get(key)
    tree.set('user', { epoch: 'next' })
    return 'replaced'
  },
} satisfies Record<string, Act<State, AppGrant>['run']>
