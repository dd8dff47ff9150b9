import type { Command } from '../command.ts'
import { row } from '../text.ts'
import { keyIn } from './apps.ts'

export const revokeTokens: Command = {
  name: 'tokens revoke',
  summary: 'revoke all tokens of an app; its secrets, keys and installs are kept',
  details: ['Without --account this ends its sessions too, so that every user has to authorize the app again.'],
  operands: ['KEY'],
  options: { account: { value: 'ACCOUNT', help: 'only the access tokens for this account' } },
  confirm: ({ operands, text }) => {
    const account = text('account')
    const whose = account === undefined ? 'every token, code and session' : `the access tokens for ${account}`
    return `Revoke ${whose} of ${keyIn(operands)}?`
  },
  async run({ management, operands, text, print }) {
    const app = keyIn(operands)
    const account = text('account')
    if (account === undefined) await management.apps.revokeTokens(app)
    else await management.tokens.removeAll({ app, account })
    await print({ app, ...(account !== undefined && { account }), revoked: true }, row(app, account ?? '-', 'revoked'))
    return undefined
  },
}
