import type { Consent } from '../../domain/authorization/authorization.ts'
import { fill, type Html, html } from '../../frame/html.ts'
import { aboutStranger } from './about-stranger.ts'
import type { PageContent } from './page.ts'
import { bdi, decisionForm, permissionChoices, row } from './parts.ts'
import type { PageTexts } from './texts.ts'

/**
 * The built-in consent page. Names are plain text, isolated from the text around them in any script. There are no links, and no
 * image of the app is loaded (HTTP-8).
 *
 * @param action - the path the form is posted to.
 */
export function consentPage(consent: Consent, action: string, texts: PageTexts): PageContent {
  const { app, scopes, ticket } = consent
  const isStranger = app.origin?.by === 'itself'
  const choices = permissionChoices(scopes, texts)
  const form = { action, ticket, choices, accept: ['approve', texts.approve], later: texts.revokeLater } as const
  const main = html`${isStranger ? aboutStranger(consent, texts.strangerHeading, texts) : aboutApp(consent, texts)}
${decisionForm(form, texts)}`
  return { title: isStranger ? texts.strangerTitle : texts.consentTitle(app.name), main }
}

function aboutApp({ app, account, redirectHost }: Consent, texts: PageTexts): Html {
  return html`<h1>${fill(texts.consentHeading, { name: bdi(app.name) })}</h1>
<p>${fill(texts.signedInAs, { account: bdi(account) })}</p>
<dl>
${row(texts.owner, app.owner)}${row(texts.homepage, app.homepageAscii ?? '')}${row(texts.redirectsTo, redirectHost)}</dl>`
}
