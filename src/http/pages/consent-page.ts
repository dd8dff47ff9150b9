import type { ScopeDescription } from '../../domain/accounts/scopes.ts'
import type { Consent } from '../../domain/authorization/authorization.ts'
import { fill, type Html, html } from '../../frame/html.ts'
import type { PageContent } from './page.ts'
import type { PageTexts } from './texts.ts'

const LOOPBACK_HOST = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::[0-9]+)?$/

/**
 * The built-in consent page. Names are plain text, isolated from the text around them in any script. There are no links, and no
 * image of the app is loaded (HTTP-8).
 *
 * @param action - the path the form is posted to.
 */
export function consentPage(consent: Consent, action: string, texts: PageTexts): PageContent {
  const { app, scopes, ticket } = consent
  // Deny comes first, because Enter in the form submits the first button.
  const main = html`${app.origin ? aboutStranger(consent, texts) : aboutApp(consent, texts)}
<form method="post" action="${action}" autocomplete="off">
<input type="hidden" name="ticket" value="${ticket}">
${choicesOf(scopes, texts)}
<div class="buttons">
<button name="decision" value="deny">${texts.deny}</button>
<button name="decision" value="approve">${texts.approve}</button>
</div>
</form>
<small>${texts.revokeLater}</small>`
  return { title: app.origin ? texts.strangerTitle : texts.consentTitle(app.name), main }
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

/** About a program that registered itself. Only where the response goes is sure, so that comes first, and the name is not in the title. */
function aboutStranger({ app, account, isNew, before, redirectHost }: Consent, texts: PageTexts): Html {
  const isLocal = LOOPBACK_HOST.test(redirectHost)
  const goesTo = isLocal ? texts.strangerOnDevice : fill(texts.strangerElsewhere, { host: bdi(redirectHost) })
  const { publisher } = app.origin ?? {}
  const isNewText = isNew && html` ${texts.strangerIsNew}`
  const beforeText = before && html` ${changeOf(before, app, texts)}`
  return html`<h1>${texts.strangerHeading}</h1>
<p>${texts.strangerUnchecked} ${goesTo}</p>
${publisher !== undefined && html`<p>${fill(texts.strangerPublisher, { host: bdi(publisher) })}</p>\n`}<p>${fill(texts.strangerName, { name: bdi(app.name) })}${isNewText}${beforeText}</p>
<p>${fill(texts.strangerAccount, { account: bdi(account) })}</p>`
}

function changeOf(before: NonNullable<Consent['before']>, app: Consent['app'], texts: PageTexts): Html {
  if (before.name === app.name) return html`${texts.strangerChanged}`
  return html`${fill(texts.strangerRenamed, { name: bdi(before.name) })}`
}

function bdi(text: string): Html {
  return html`<bdi>${text}</bdi>`
}

function choicesOf(scopes: readonly ScopeDescription[], texts: PageTexts): Html {
  if (scopes.length === 0) return html`<p>${texts.noPermissions}</p>`
  const choices = scopes.map(
    ({ name, description }) =>
      html`<label><input type="checkbox" name="scope" value="${name}" checked> <span><bdi>${description}</bdi> <small><bdi>${name}</bdi></small></span></label>\n`,
  )
  return html`<fieldset>
<legend>${texts.permissions}</legend>
${choices}</fieldset>`
}
