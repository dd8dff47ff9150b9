import { docsPage } from '../../base/docs-page.ts'
import type { Command } from '../command.ts'

export const exportApps: Command = {
  name: 'export',
  summary: 'print all apps, then their installs, one JSON object in each line, as import reads them',
  details: [
    `${docsPage('migrate')} says how to move to another store. Access tokens and codes are not exported.`,
    'With --digests keep the output as secret as the store: it says who has authorized what, and opens what it is imported into.',
  ],
  options: {
    digests: { help: 'with the digests of secrets and refresh tokens, so that apps and sessions can be imported' },
  },
  async run({ management, terminal, flag }) {
    const exported = terminal.progress('entries')
    for await (const entry of await management.apps.export({ digests: flag('digests') ?? false })) {
      await terminal.print(JSON.stringify(entry))
      exported.add()
    }
    exported.end()
    return undefined
  },
}
