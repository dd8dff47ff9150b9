import { type AppGrantError, type ErrorCode, isAppGrantError } from '../../base/errors.ts'
import type { FieldError } from '../../base/field-errors.ts'
import { fill, type Html, html } from '../../frame/html.ts'
import type { PageContent } from './page.ts'
import type { PageTexts } from './texts.ts'

type Explanations = Partial<Record<ErrorCode, Exclude<keyof PageTexts, 'consentTitle'>>>

/** What the user was about to do. */
export type Task = 'authorization' | 'registration' | 'device'

/** Errors that users can understand. All others are mistakes of the app. */
const EXPLANATIONS: Explanations = {
  app_not_found: 'notRegistered',
  app_suspended: 'suspended',
  account_blocked: 'accountBlocked',
  not_permitted: 'notPermitted',
  app_limit_reached: 'tooManyApps',
  invalid_ticket: 'consentEnded',
  invalid_user_code: 'userCodeUnusable',
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

/** What differs when a device asks: nobody was sent here by an app. */
const OF_DEVICE: Explanations = {
  app_not_found: 'deviceNotRegistered',
  app_suspended: 'deviceNotRegistered',
  invalid_request: 'deviceInvalid',
  invalid_scope: 'deviceInvalid',
  invalid_target: 'deviceInvalid',
  invalid_ticket: 'userCodeUnusable',
  outcome_unknown: 'deviceUnknown',
}

const OF_TASK: Readonly<Record<Task, Explanations>> = {
  authorization: {},
  registration: OF_REGISTRATION,
  device: OF_DEVICE,
}

/**
 * The built-in error page. It contains nothing from the request, except what is wrong with the fields of an app to register, as text.
 */
export function errorPage(error: AppGrantError, texts: PageTexts, task: Task = 'authorization'): PageContent {
  const { code, message } = error
  const known = { ...EXPLANATIONS, ...OF_TASK[task] }
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
