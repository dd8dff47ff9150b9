import { type Html, html } from '../../frame/html.ts'
import type { Content, Context } from '../context.ts'
import { shownJwks } from '../forms/read-app.ts'
import { choice, field } from '../parts/field.ts'
import { backLink, head } from '../parts/head.ts'
import { hiddenFields } from '../parts/list.ts'
import { withName } from '../parts/with-name.ts'
import { fieldGroups, type NewAppFormView, problemSummary } from './app-form.ts'

export interface NewAppView extends NewAppFormView {
  readonly status?: number
  /** What went wrong besides the fields: everything typed is kept. */
  readonly message?: Html | undefined
  /** Names this registration, so that sending the form twice registers one app. */
  readonly once: string
}

/** The form that registers an app. */
export function newAppPage(view: NewAppView, context: Context): Content {
  const { texts, to, actsFor, formProof } = context
  const account = actsFor?.account
  const groups = fieldGroups(view, context)
  const summary = problemSummary(view, context)
  // Enter presses the first submit button of a form: it must not be "Add another URL".
  const main = html`${backLink({ to: to('apps', { for: account }), text: texts.apps })}${view.message}${summary}${head({ title: texts.addApp, lead: texts.addAppLead })}
<form class="sheet narrow" method="post" action="${to('newApp', { for: account })}" novalidate>
<button class="hidden" tabindex="-1" aria-hidden="true">${texts.ok}</button>
${hiddenFields({ as: formProof, once: view.once })}
<div class="in form">
${groups.info}
${groups.contact}
${groups.approval}
${groups.api}
${agreement(view, context)}
${authentication(view, context)}
</div>
<div class="save"><button class="button main">${texts.ok}</button><a class="button" href="${to('apps', { for: account })}">${texts.cancel}</a></div>
</form>`
  const failed = summary !== undefined || view.message !== undefined
  return { title: texts.addApp, tab: 'apps', status: view.status ?? 200, failed, main }
}

function agreement({ values, mayTrust, owner, errors }: NewAppView, { texts }: Context): Html {
  const error = errors.find(({ field: name }) => name === 'trusted')
  const trusted = mayTrust
    ? choice({
        type: 'checkbox',
        name: 'trusted',
        value: 'yes',
        label: html`<b>${texts.appTrusted}</b>`,
        hint: withName(texts.appTrustedHint, owner),
        isChecked: values.trusted,
      })
    : html`<p class="hint">${texts.mayNotTrust}</p>`
  return html`<fieldset id="trusted" tabindex="-1"><legend>${texts.userAgreement}</legend>${error && html`<p class="error">${texts.fieldError(error)}</p>`}${trusted}</fieldset>`
}

/** What few apps need is folded away, but never with an error or a choice in it. */
function authentication({ values, errors }: NewAppView, context: Context): Html {
  const { texts } = context
  const wrong = errors.filter(({ field: name }) => /^(?:jwks|keys|public)\b/.test(name))
  const isOpen = values.authentication !== 'secret' || wrong.length > 0
  const radios = (
    [
      ['secret', texts.bySecret, texts.bySecretHint],
      ['jwks', texts.byKeys, texts.byKeysHint],
      ['none', texts.byNothing, texts.byNothingHint],
    ] as const
  ).map(([value, label, hint]) =>
    choice({ type: 'radio', name: 'authentication', value, label, hint, isChecked: values.authentication === value }),
  )
  const error = wrong.length > 0 ? wrong.map((one) => `${texts.fieldError(one)} `).join('') : undefined
  return html`<details${isOpen && html` open`}><summary>${texts.authentication}</summary><div class="group">${radios}${field({ id: 'jwks', name: 'jwks', label: texts.jwkSet, hint: texts.jwkSetHint, type: 'area', value: shownJwks(values.jwks), error }, context)}</div></details>`
}
