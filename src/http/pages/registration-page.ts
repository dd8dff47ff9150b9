import type { RegistrationRequest } from '../../domain/authorization/registration.ts'
import { type Html, html } from '../../frame/html.ts'
import { aboutStranger, bdi, scopeChoices } from './about-stranger.ts'
import type { PageContent } from './page.ts'
import type { PageTexts } from './texts.ts'

/**
 * The built-in page on which a user registers an app that has sent them here. What the app says of itself is plain text. There are no
 * links, and no image of the app is loaded (HTTP-8).
 *
 * @param action - the path the form is posted to.
 */
export function registrationPage(asked: RegistrationRequest, action: string, texts: PageTexts): PageContent {
  const { app, scopes, mayGrant, ticket } = asked
  const { homepageAscii, adminEmailAscii, adminPhone, apiType, description } = app
  // Deny comes first, because Enter in the form submits the first button.
  const main = html`${aboutStranger(asked, texts.registrationHeading, texts)}
<dl>
${row(texts.homepage, homepageAscii)}${row(texts.adminEmail, adminEmailAscii)}${row(texts.adminPhone, adminPhone)}${row(texts.apiType, apiType)}${row(texts.description, description)}</dl>
<form method="post" action="${action}" autocomplete="off">
<input type="hidden" name="ticket" value="${ticket}">
${mayGrant ? grantChoice(scopes, texts) : scopeList(scopes, texts)}
<div class="buttons">
<button name="decision" value="deny">${texts.deny}</button>
<button name="decision" value="register">${texts.register}</button>
</div>
</form>
<small>${texts.removeLater}</small>`
  return { title: texts.registrationTitle, main }
}

function row(term: string, text: string | undefined): Html | undefined {
  return text === undefined ? undefined : html`<div><dt>${term}</dt><dd>${bdi(text)}</dd></div>\n`
}

/** Off until the user chooses it. The scopes count only with it. */
function grantChoice(scopes: RegistrationRequest['scopes'], texts: PageTexts): Html {
  return html`<label><input type="checkbox" name="grant" value="yes"> <span>${texts.grantAccess}</span></label>
${scopes.length > 0 && scopeChoices(scopes, texts.grantedScopes)}`
}

function scopeList(scopes: RegistrationRequest['scopes'], texts: PageTexts): Html | undefined {
  if (scopes.length === 0) return undefined
  const items = scopes.map(({ name, description }) => html`<li>${bdi(description)} <small>${bdi(name)}</small></li>\n`)
  return html`<p>${texts.registersScopes}</p>\n<ul>\n${items}</ul>`
}
