import type { Command } from '../command.ts'
import { row } from '../text.ts'
import { NotDoneError } from '../usage-error.ts'

export const withdrawInstall: Command = {
  name: 'installs withdraw',
  summary: 'revoke everything an app holds for an account, which must authorize it again',
  operands: ['KEY', 'ACCOUNT'],
  confirm: ({ operands: [app, account] }) => `Revoke everything ${app} holds for ${account}?`,
  async run({ management, operands: [app = '', account = ''], print }) {
    if (!(await management.installs.withdraw({ app, account })))
      throw new NotDoneError('the account has not authorized this app, or there is no such app')
    await print({ app, account, withdrawn: true }, row(app, account, 'withdrawn'))
    return undefined
  },
}
