import { type Html, html, type Part } from '../../frame/html.ts'
import type { Content, Context } from '../context.ts'
import { note } from '../parts/note.ts'
import { withName } from '../parts/with-name.ts'
import type { Failure } from '../texts/failure.ts'

const STATUSES: Readonly<Record<Failure, number>> = {
  accountBlocked: 403,
  crossSite: 403,
  invalidRequest: 400,
  methodNotAllowed: 405,
  notFound: 404,
  notPermitted: 403,
  outcomeUnknown: 503,
  serverError: 500,
  tooLarge: 413,
  unavailable: 503,
  wrongType: 415,
}

/** A page about something that did not work: what is wrong, what was and was not done, and the way on. */
export function failurePage(failure: Failure, context: Context, more: { readonly action?: Part } = {}): Content {
  const { texts, to } = context
  const [title, explanation] = texts.failures[failure]
  const retry = failure === 'unavailable' ? texts.tryAgain : texts.goToApps
  // A link to nowhere reloads the page: the address is the one that failed.
  const link = html`<a class="button main" href="${failure === 'unavailable' ? '' : to('home')}">${retry}</a>`
  const tone = failure === 'unavailable' || failure === 'outcomeUnknown' ? 'warning' : 'error'
  return notice({ title, explanation, tone, action: more.action ?? link, status: STATUSES[failure] })
}

/** The form was made for another viewer, who was signed in before. */
export function otherViewerPage(now: string, { texts, to }: Context): Content {
  const action = html`<a class="button main" href="${to('home')}">${texts.goToApps}</a>`
  const explanation = withName(texts.otherViewerExplained, now)
  return notice({ title: texts.otherViewer, explanation, tone: 'warning', action, status: 409 })
}

interface Notice {
  readonly title: string
  readonly explanation: Part
  readonly tone: 'warning' | 'error'
  readonly action: Part
  readonly status: number
}

function notice({ title, explanation, tone, action, status }: Notice): Content {
  const main: Html = html`${note({ tone, level: 1, isAnnounced: true, isNarrow: true, heading: title, body: html`<p>${explanation}</p>` })}<div class="buttons">${action}</div>`
  return { title, main, status, failed: status >= 400 }
}
