import type { AppGrantError, ErrorCode } from '../../base/errors.ts'
import { fill, html } from '../../frame/html.ts'
import type { PageContent } from './page.ts'
import type { PageTexts } from './texts.ts'

/** Errors that users can understand. All others are mistakes of the app. */
const EXPLANATIONS: Partial<Record<ErrorCode, Exclude<keyof PageTexts, 'consentTitle'>>> = {
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

/** The built-in error page. It contains nothing from the request. */
export function errorPage({ code, message }: AppGrantError, texts: PageTexts): PageContent {
  const main = html`<h1>${texts.errorTitle}</h1>
<p>${texts[EXPLANATIONS[code] ?? 'invalidRequest']}</p>
<small>${fill(texts.forDeveloper, { message })}</small>`
  return { title: texts.errorTitle, main }
}
