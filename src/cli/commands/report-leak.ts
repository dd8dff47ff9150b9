import type { Command } from '../command.ts'
import { row } from '../text.ts'

export const reportLeak: Command = {
  name: 'report-leak',
  summary: 'revoke the credentials in standard input, one in each line, and nothing else',
  details: [
    'A credential is an access token, a code, a refresh token or, with --app, a secret of that app. What is printed names it by',
    'its line. It needs no --yes: a credential that has leaked must not be valid.',
  ],
  options: {
    app: { value: 'KEY', help: 'the app that secrets belong to: a secret alone does not say it' },
    url: { value: 'URL', help: 'where they were found, for the event' },
  },
  async run({ appgrant, terminal, text, print }) {
    let count = 0
    let missed = 0
    for await (const { line, text: token } of terminal.lines()) {
      const revoked = await appgrant.authorizer.reportLeak({ token, key: text('app'), url: text('url') })
      count++
      if (!revoked) missed++
      await print({ line, revoked }, row(String(line), revoked ? 'revoked' : 'not valid'))
    }
    return count > 0 && missed === 0 ? 0 : 1
  },
}
