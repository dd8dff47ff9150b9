import { type Html, html, type Part } from '../../frame/html.ts'
import type { Content, Context, Tab } from '../context.ts'
import { errorOf } from '../parts/field.ts'
import { backLink, head } from '../parts/head.ts'
import { hiddenFields } from '../parts/list.ts'
import { note } from '../parts/note.ts'

/** A page that says what will happen, and asks. The form on it is the only way to do it. */
export interface Confirmation {
  readonly tab?: Tab
  readonly title: string
  /** The title with what needs to stay apart in it. Default is the title. */
  readonly heading?: Part
  readonly lead: Part
  /** What will happen, in numbers. */
  readonly effects: readonly Part[]
  /** What will not. */
  readonly kept?: Part
  /** The gentler way, if there is one. */
  readonly gentler?: { readonly heading: string; readonly body: Part } | undefined
  /** A list of what it is about, or fields that it needs. */
  readonly body?: Part
  /** The sentence to tick, if accounts lose something. */
  readonly tick?: string | undefined
  readonly button: string
  /** Whether the button is red. Default is true. */
  readonly isDangerous?: boolean
  /** Where the form is sent. */
  readonly action: string
  readonly hidden: Readonly<Record<string, string | undefined>>
  readonly repeated?: Readonly<Record<string, readonly string[]>>
  readonly cancel: string
}

/** What a confirmation is shown with besides itself. */
export interface ConfirmState {
  readonly status?: number
  readonly message?: Html | undefined
  /** Whether the form came without the tick. */
  readonly isTickMissing?: boolean
}

export function confirmPage(of: Confirmation, state: ConfirmState, context: Context): Content {
  const { title, heading = title, tab = 'apps', lead, cancel } = of
  const { message, status = 200, isTickMissing = false } = state
  const failed = isTickMissing || status >= 400
  const back = backLink({ to: cancel, text: context.texts.back })
  const main = html`${back}${message}${head({ title: heading, lead })}${formOf(of, isTickMissing, context)}`
  return { title, tab, main, failed, status: isTickMissing ? 422 : status }
}

function formOf(of: Confirmation, isTickMissing: boolean, { texts, formProof }: Context): Html {
  const { effects, kept, gentler, body, tick, button, isDangerous = true, action, hidden, repeated = {}, cancel } = of
  const list = effects.length > 0 && html`<ul class="effects">${effects.map((effect) => html`<li>${effect}</li>`)}</ul>`
  const values = Object.entries(repeated).flatMap(([name, all]) => all.map((value) => hiddenFields({ [name]: value })))
  return html`<form class="sheet narrow" method="post" action="${action}">${hiddenFields({ as: formProof, ...hidden })}${values}
<div class="in form">
${body}${list}${kept !== undefined && html`<p class="kept">${kept}</p>`}
${gentler && note({ tone: 'info', heading: gentler.heading, body: html`<p>${gentler.body}</p>` })}
${tick !== undefined && tickBox(tick, isTickMissing && texts.tickMissing, texts.errorTitle)}
</div>
<div class="save"><button class="button ${isDangerous ? 'final' : 'main'}">${button}</button><a class="button" href="${cancel}">${texts.cancel}</a></div>
</form>`
}

function tickBox(sentence: string, error: string | false, errorTitle: string): Html {
  const isWrong = error !== false
  return html`<div class="field">${errorOf('sure', error === false ? undefined : error, errorTitle)}<label class="check"><input type="checkbox" name="sure" value="yes" id="sure" required autocomplete="off"${isWrong && html` aria-invalid="true" aria-describedby="sure-error" autofocus`}><span>${sentence}</span></label></div>`
}
