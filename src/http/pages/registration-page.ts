import type { RegistrationRequest } from '../../domain/authorization/registration.ts'
import { type Html, html } from '../../frame/html.ts'
import { aboutStranger } from './about-stranger.ts'
import type { PageContent } from './page.ts'
import { bdi, decisionForm, row, scopeChoices } from './parts.ts'
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
  const choices = mayGrant ? grantChoice(scopes, texts) : scopeList(scopes, texts)
  const form = { action, ticket, choices, accept: ['register', texts.register], later: texts.removeLater } as const
  const main = html`${aboutStranger(asked, texts.registrationHeading, texts)}
<dl>
${row(texts.homepage, homepageAscii)}${row(texts.adminEmail, adminEmailAscii)}${row(texts.adminPhone, adminPhone)}${row(texts.apiType, apiType)}${row(texts.description, description)}</dl>
${decisionForm(form, texts)}`
  return { title: texts.registrationTitle, main }
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
