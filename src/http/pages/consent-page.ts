import type { ScopeDescription } from '../../domain/accounts/scopes.ts'
import type { Consent } from '../../domain/authorization/authorization.ts'
import { fill, type Html, html } from '../../frame/html.ts'
import { aboutStranger, bdi, scopeChoices } from './about-stranger.ts'
import type { PageContent } from './page.ts'
import type { PageTexts } from './texts.ts'

/**
 * The built-in consent page. Names are plain text, isolated from the text around them in any script. There are no links, and no
 * image of the app is loaded (HTTP-8).
 *
 * @param action - the path the form is posted to.
 */
export function consentPage(consent: Consent, action: string, texts: PageTexts): PageContent {
  const { app, scopes, ticket } = consent
  // Deny comes first, because Enter in the form submits the first button.
  const isStranger = app.origin?.by === 'itself'
  const main = html`${isStranger ? aboutStranger(consent, texts.strangerHeading, texts) : aboutApp(consent, texts)}
<form method="post" action="${action}" autocomplete="off">
<input type="hidden" name="ticket" value="${ticket}">
${choicesOf(scopes, texts)}
<div class="buttons">
<button name="decision" value="deny">${texts.deny}</button>
<button name="decision" value="approve">${texts.approve}</button>
</div>
</form>
<small>${texts.revokeLater}</small>`
  return { title: isStranger ? texts.strangerTitle : texts.consentTitle(app.name), main }
}

function aboutApp({ app, account, redirectHost }: Consent, texts: PageTexts): Html {
  return html`<h1>${fill(texts.consentHeading, { name: bdi(app.name) })}</h1>
<p>${fill(texts.signedInAs, { account: bdi(account) })}</p>
<dl>
<div><dt>${texts.owner}</dt><dd>${bdi(app.owner)}</dd></div>
<div><dt>${texts.homepage}</dt><dd>${bdi(app.homepageAscii ?? '')}</dd></div>
<div><dt>${texts.redirectsTo}</dt><dd>${bdi(redirectHost)}</dd></div>
</dl>`
}

function choicesOf(scopes: readonly ScopeDescription[], texts: PageTexts): Html {
  return scopes.length === 0 ? html`<p>${texts.noPermissions}</p>` : scopeChoices(scopes, texts.permissions)
}
