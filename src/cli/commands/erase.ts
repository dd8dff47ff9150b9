import type { Command } from '../command.ts'
import { row } from '../text.ts'

export const erase: Command = {
  name: 'erase',
  summary: 'remove what is stored of an account: its apps, what they hold, and its installs',
  details: ['Block the account in the directory first: while it goes on, nothing is ever complete.'],
  operands: ['ACCOUNT'],
  confirm: ({ operands: [account] }) => `Remove everything that is stored of ${account}?`,
  async run({ appgrant, operands: [account = ''], terminal, print }) {
    const removed = terminal.progress('apps and installs removed')
    appgrant.events.on('app', () => removed.add())
    appgrant.events.on('install', () => removed.add())
    const erased = await appgrant.erase(account)
    removed.end()
    await print({ account, ...erased }, row(account, `${erased.apps} apps`, `${erased.installs} installs`))
    return undefined
  },
}
