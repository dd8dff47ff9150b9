import type { AppGrantError, ErrorCode } from '../base/errors.ts'
import { html } from './html.ts'
import { page } from './page.ts'

/** What a person can make of it; everything else is a mistake of the app. */
const TOLD: Partial<Record<ErrorCode, string>> = {
  app_not_found: 'The app that sent you here is not registered, or no longer.',
  app_suspended: 'The app that sent you here is suspended.',
  account_blocked: 'Your account may not use this app now.',
  not_permitted: 'Your account may not use this app.',
  invalid_ticket: 'This question is no longer open. Go back to the app and begin again.',
  store_unavailable: 'This does not work at the moment. Try again in a little while.',
  outcome_unknown: 'It is not certain that your answer was kept. Go back to the app and begin again.',
  directory_unavailable: 'This does not work at the moment. Try again in a little while.',
}

/** The page that says what went wrong, where the host has none of its own. Nothing of the request is in it. */
export function errorPage({ code, message }: AppGrantError): Response {
  const main = html`<h1>This cannot go on</h1>
<p>${TOLD[code] ?? 'The app that sent you here made a mistake. Nothing was given to it.'}</p>
<small>For the developer of the app: ${message}</small>`
  return page({ title: 'This cannot go on', main })
}
