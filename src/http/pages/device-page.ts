import type { DeviceConsent, DeviceWaiting } from '../../domain/devices/device-grant.ts'
import { fill, type Html, html } from '../../frame/html.ts'
import { aboutStranger } from './about-stranger.ts'
import type { PageContent } from './page.ts'
import { bdi, decisionForm, permissionChoices, row } from './parts.ts'
import type { PageTexts } from './texts.ts'

/** Where the forms of these pages go, as paths. */
export interface DeviceAddresses {
  /** The page on which a code is entered, and where its form is posted to. */
  readonly entry: string
  /** The page about the device that shows the code. */
  readonly request: string
}

/**
 * The page on which a user enters the code of a device or, if the address has it, compares it with what the device shows.
 *
 * @see [RFC 8628 - OAuth 2.0 Device Authorization Grant](https://www.rfc-editor.org/rfc/rfc8628.html#section-3.3.1)
 */
export function entryPage(
  {
    account,
    userCode,
    ticket,
  }: { readonly account: string; readonly userCode: string | undefined; readonly ticket: string },
  { entry }: DeviceAddresses,
  texts: PageTexts,
): PageContent {
  const known = userCode !== undefined
  const question = fill(known ? texts.deviceCompare : texts.deviceEnter, { account: bdi(account) })
  const main = html`<h1>${texts.deviceHeading}</h1>
<p>${question}</p>
<form method="post" action="${entry}" autocomplete="off">
<input type="hidden" name="ticket" value="${ticket}">
${known ? codeToCompare(userCode) : codeField(texts)}
<p><strong>${texts.deviceWarning}</strong></p>
<div class="buttons">
<button class="main">${texts.deviceContinue}</button>
</div>
</form>`
  return { title: texts.deviceTitle, main }
}

/** The page after a code was entered, until the device has answered. It does not reload itself, which would interrupt readers. */
export function waitingPage({ userCode }: DeviceWaiting, addresses: DeviceAddresses, texts: PageTexts): PageContent {
  const main = html`<h1>${texts.deviceWaiting}</h1>
<p>${texts.deviceWait}</p>
<form action="${addresses.request}">
${codeToCompare(userCode)}
<div class="buttons">
<button class="main">${texts.deviceContinue}</button>
</div>
</form>
<form action="${addresses.entry}">
<div class="buttons">
<button>${texts.deviceOtherCode}</button>
</div>
</form>`
  return { title: texts.deviceWaiting, main }
}

/** The page on which a user decides about a device. What the device says of itself is plain text. */
export function deviceConsentPage(asked: DeviceConsent, action: string, texts: PageTexts): PageContent {
  const { app, scopes, ticket, device } = asked
  const isStranger = app.origin?.by === 'itself'
  const choices = permissionChoices(scopes, texts)
  const form = { action, ticket, choices, accept: ['approve', texts.approve], later: texts.revokeLater } as const
  const ofApp = html`${row(texts.owner, app.owner)}${row(texts.homepage, app.homepageAscii ?? '')}`
  const main = html`${isStranger ? aboutStranger(asked, texts.deviceStranger, texts) : aboutApp(asked, texts)}
<p><strong>${texts.deviceWarning}</strong></p>
<dl>
${!isStranger && ofApp}${row(texts.deviceCode, asked.userCode)}${row(texts.deviceAgent, device.userAgent ?? texts.deviceNotKnown)}${row(texts.deviceAddress, device.remoteAddress ?? texts.deviceNotKnown)}</dl>
${decisionForm(form, texts)}`
  return { title: texts.deviceTitle, main }
}

/** The page after a decision, whatever it was. */
export function donePage(texts: PageTexts): PageContent {
  return { title: texts.deviceDone, main: html`<h1>${texts.deviceDone}</h1>\n<p>${texts.deviceReturn}</p>` }
}

function aboutApp({ app, account }: DeviceConsent, texts: PageTexts): Html {
  return html`<h1>${fill(texts.deviceConsent, { name: bdi(app.name) })}</h1>
<p>${fill(texts.signedInAs, { account: bdi(account) })}</p>`
}

function codeToCompare(userCode: string): Html {
  return html`<code>${userCode}</code>\n<input type="hidden" name="user_code" value="${userCode}">`
}

function codeField(texts: PageTexts): Html {
  return html`<label class="field">${texts.deviceCode} <input name="user_code" required maxlength="64" autocapitalize="characters" autocorrect="off" spellcheck="false"></label>`
}
