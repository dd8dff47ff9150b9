import { type AppGrantError, type ErrorCode, type FieldError, isAppGrantError } from '../../base/errors.ts'
import { fill, type Html, html } from '../../frame/html.ts'
import type { PageContent } from './page.ts'
import type { PageTexts } from './texts.ts'

type Explanations = Partial<Record<ErrorCode, Exclude<keyof PageTexts, 'consentTitle'>>>

/** Errors that users can understand. All others are mistakes of the app. */
const EXPLANATIONS: Explanations = {
  app_not_found: 'notRegistered',
  app_suspended: 'suspended',
  account_blocked: 'accountBlocked',
  not_permitted: 'notPermitted',
  app_limit_reached: 'tooManyApps',
  invalid_ticket: 'consentEnded',
  store_unavailable: 'unavailable',
  outcome_unknown: 'decisionUnknown',
  directory_unavailable: 'unavailable',
  clock_unavailable: 'unavailable',
  clock_skew: 'unavailable',
  conflict: 'unavailable',
  limit_reached: 'tooMany',
  document_unavailable: 'unavailable',
}

/** What differs when an app is to be registered. */
const OF_REGISTRATION: Explanations = {
  not_permitted: 'mayNotRegister',
  account_blocked: 'mayNotRegister',
  invalid_fields: 'invalidFields',
}

/**
 * The built-in error page. It contains nothing from the request, except what is wrong with the fields of an app to register, as text.
 *
 * @param task - what the user was about to do.
 */
export function errorPage(
  error: AppGrantError,
  texts: PageTexts,
  task: 'authorization' | 'registration' = 'authorization',
): PageContent {
  const { code, message } = error
  const known = task === 'registration' ? { ...EXPLANATIONS, ...OF_REGISTRATION } : EXPLANATIONS
  const fields = isAppGrantError(error, 'invalid_fields') ? error.details.fields : []
  const main = html`<h1>${texts.errorTitle}</h1>
<p>${texts[known[code] ?? 'invalidRequest']}</p>
${fields.length > 0 && html`<dl>\n${fields.map((field) => fieldRow(field, texts))}</dl>`}
<small>${fill(texts.forDeveloper, { message })}</small>`
  return { title: texts.errorTitle, main }
}

function fieldRow({ field, code, expected, received }: FieldError, texts: PageTexts): Html {
  const parts = { expected: html`<bdi>${expected}</bdi>`, received: html`<bdi>${received}</bdi>` }
  return html`<div><dt>${field}</dt><dd>${code}: ${fill(texts.fieldExpected, parts)}</dd></div>\n`
}
