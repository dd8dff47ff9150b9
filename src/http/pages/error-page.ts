import type { AppGrantError, ErrorCode } from '../../base/errors.ts'
import { html } from './html.ts'
import { page } from './page.ts'

const UNAVAILABLE = 'The service is temporarily unavailable. Try again in a few minutes.'

/** Errors that users can understand. All others are mistakes of the app. */
const EXPLANATIONS: Partial<Record<ErrorCode, string>> = {
  app_not_found: 'The app that sent you here is not registered, or it was removed.',
  app_suspended: 'The app that sent you here is suspended.',
  account_blocked: 'This app cannot be used with your account at the moment.',
  not_permitted: 'Your account is not allowed to use this app.',
  invalid_ticket: 'This consent request is no longer valid. Go back to the app and start again.',
  store_unavailable: UNAVAILABLE,
  outcome_unknown: 'Your decision may not have been saved. Go back to the app and start again.',
  directory_unavailable: UNAVAILABLE,
  clock_unavailable: UNAVAILABLE,
  clock_skew: UNAVAILABLE,
  conflict: UNAVAILABLE,
  limit_reached: 'There were too many requests for your account. Try again in a few minutes.',
}

/** The built-in error page. It contains nothing from the request. */
export function errorPage({ code, message }: AppGrantError): Response {
  const main = html`<h1>This request can't be completed</h1>
<p>${EXPLANATIONS[code] ?? 'The app that sent you here made an invalid request. It was not given access.'}</p>
<small>For the developer of the app: ${message}</small>`
  return page({ title: "This request can't be completed", main })
}
