import { fill, type Html, html } from '../../frame/html.ts'
import type { Content, Context } from '../context.ts'
import { shownJwks } from '../forms/read-app.ts'
import type { Form } from '../forms/read-form.ts'
import { hiddenFields } from '../parts/list.ts'
import { note } from '../parts/note.ts'

/** Why a form could not be handled now, and may be sent again as it is. */
export type Obstacle = 'signedOut' | 'unconfirmed' | 'notSaved' | 'notCertain' | 'conflict' | 'tooMany'

const STATUSES: Readonly<Record<Obstacle, number>> = {
  signedOut: 403,
  unconfirmed: 200,
  notSaved: 503,
  notCertain: 503,
  conflict: 409,
  tooMany: 429,
}

/**
 * A page that holds everything that was typed and sends it again by one press. It needs neither the store nor a signed-in viewer, so it
 * works when these are what is missing. There are no secrets in it: no form asks for one.
 *
 * @param where - `action`: the address that the form was sent to. `proof`: for the first two, where to go before pressing again.
 */
export function keptForm(
  obstacle: Obstacle,
  form: Form,
  where: { readonly action: string; readonly proof: string },
  context: Context,
): Content {
  const { texts } = context
  const entries = [...form].map(([name, value]) => hiddenFields({ [name]: name === 'jwks' ? shownJwks(value) : value }))
  const [title, explanation] = wordsFor(obstacle, where.proof, context)
  const main = html`${note({ tone: 'warning', level: 1, isAnnounced: true, isNarrow: true, heading: title, body: html`<p>${explanation}</p>` })}
<form method="post" action="${where.action}">${entries}<button class="button main">${texts.sendAgain}</button></form>`
  return { title, status: STATUSES[obstacle], failed: obstacle !== 'unconfirmed', main }
}

function wordsFor(obstacle: Obstacle, proof: string, { texts }: Context): readonly [string, Html] {
  const link = (text: string) => html`<a href="${proof}" target="_blank">${text}</a>`
  if (obstacle === 'signedOut') return [texts.signedOut, fill(texts.thenPressAgain, { link: link(texts.signInAgain) })]
  if (obstacle === 'unconfirmed')
    return [texts.confirmIdentity, fill(texts.confirmThenPressAgain, { link: link(texts.confirmIdentityLink) })]
  return [texts.notDone, html`${texts[obstacle]}`]
}
