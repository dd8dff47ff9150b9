import type { ScopeDescription } from '../../domain/accounts/scopes.ts'
import { type Html, html } from '../../frame/html.ts'
import type { PageTexts } from './texts.ts'

/** A text that anyone may have chosen, isolated from the text around it in any script. */
export function bdi(text: string): Html {
  return html`<bdi>${text}</bdi>`
}

/** A row of a list of facts. Nothing if the fact is not known. */
export function row(term: string, text: string | undefined): Html | undefined {
  return text === undefined ? undefined : html`<div><dt>${term}</dt><dd>${bdi(text)}</dd></div>\n`
}

/** The scopes, each of which can be left out. */
export function scopeChoices(scopes: readonly ScopeDescription[], legend: string): Html {
  const choices = scopes.map(
    ({ name, description }) =>
      html`<label><input type="checkbox" name="scope" value="${name}" checked> <span><bdi>${description}</bdi> <small><bdi>${name}</bdi></small></span></label>\n`,
  )
  return html`<fieldset>
<legend>${legend}</legend>
${choices}</fieldset>`
}

/** The scopes that an account may grant. */
export function permissionChoices(scopes: readonly ScopeDescription[], texts: PageTexts): Html {
  return scopes.length === 0 ? html`<p>${texts.noPermissions}</p>` : scopeChoices(scopes, texts.permissions)
}

/**
 * The form with which an account decides. Deny comes first, because Enter in the form submits the first button.
 *
 * @param form - `action`: the path it is posted to. `accept`: the other decision, as it is sent, and what its button says. `later`: how
 *   to undo it.
 */
export function decisionForm(
  {
    action,
    ticket,
    choices,
    accept,
    later,
  }: {
    readonly action: string
    readonly ticket: string
    readonly choices: Html | undefined
    readonly accept: readonly [decision: string, text: string]
    readonly later: string
  },
  texts: PageTexts,
): Html {
  const [decision, text] = accept
  return html`<form method="post" action="${action}" autocomplete="off">
<input type="hidden" name="ticket" value="${ticket}">
${choices}
<div class="buttons">
<button name="decision" value="deny">${texts.deny}</button>
<button name="decision" value="${decision}">${text}</button>
</div>
</form>
<small>${later}</small>`
}
