import { type Html, html, type Part } from '../../frame/html.ts'
import type { AddressName } from '../addresses.ts'
import type { Context } from '../context.ts'
import { withName } from '../parts/with-name.ts'
import type { AppView } from './app-view.ts'

/** What stops an app or takes something from it. Each leads to a page that says what it will do, and asks. */
export function dangers(app: AppView, context: Context): Html {
  const { texts, to } = context
  const { key, instances, trusted, mayTrust, authentication } = app
  const line = (title: string, hint: Part, name: AddressName, button: string, isDangerous = true) =>
    html`<li><div><strong>${title}</strong><p class="hint">${hint}</p></div><a class="button${isDangerous && ' danger'}" href="${to(name, { key })}">${button}</a></li>
`
  return html`<section class="sheet" aria-labelledby="danger"><header><h2 id="danger">${texts.stopOrRemove}</h2></header><ul class="actions">
${line(texts.endTokens, texts.endTokensHint(instances), 'endTokens', texts.endTokensLink)}
${trusted && mayTrust && line(texts.untrust, texts.untrustHint, 'untrust', texts.untrustLink)}
${!trusted && mayTrust && authentication !== 'none' && line(texts.trustIt, withName(texts.trustHint, app.owner), 'trust', texts.trustLink, false)}
${line(texts.removeApp, texts.removeAppHint(instances), 'remove', texts.removeAppLink)}
</ul></section>`
}
