import type { FieldError } from '../../base/field-errors.ts'
import { fill, type Html, html, type Part } from '../../frame/html.ts'
import type { Context } from '../context.ts'
import type { AppField, AppValues, Conflict, NewAppValues } from '../forms/app-values.ts'
import { choice, errorOf, field, hintOf, quoted } from '../parts/field.ts'
import { icon } from '../parts/icon.ts'
import { note } from '../parts/note.ts'
import { spoken } from '../parts/spoken.ts'

/** The fields of an app: what is in them, and what is wrong with it. */
export interface AppFormView {
  readonly values: AppValues
  readonly errors: readonly FieldError[]
  readonly conflicts: readonly Conflict[]
  /** The API types that may not be chosen here. */
  readonly refusedApis: readonly string[]
  /** Whether the app has registered itself, and so need not have a homepage and an e-mail address. Default is false. */
  readonly hasRegisteredItself?: boolean
}

/** What only the form of a new app has. */
export interface NewAppFormView extends AppFormView {
  readonly values: NewAppValues
  readonly owner: string
  readonly mayTrust: boolean
}

/** One row of fields after the other, by the groups of the form. */
export interface Groups {
  readonly info: Html
  readonly contact: Html
  readonly approval: Html
  readonly api: Html | undefined
}

const MAX_NAME = 100
const MAX_DESCRIPTION = 1024

/** The groups that the form of a new app and that of a registered one have in common. */
export function fieldGroups(view: AppFormView, context: Context): Groups {
  const { texts } = context
  const text = textField(view, context)
  const isRequired = view.hasRegisteredItself !== true
  return {
    info: html`<fieldset><legend>${texts.appInfo}</legend>
<div class="two">${text('name', texts.name, { hint: texts.nameHint, isRequired: true, maxLength: MAX_NAME })}${text('homepage', texts.homepage, { hint: texts.homepageHint, isRequired, type: 'url' })}</div>
${text('description', texts.description, { hint: texts.descriptionHint, type: 'area', maxLength: MAX_DESCRIPTION })}
${text('image', texts.image, { hint: texts.imageHint, type: 'url' })}
</fieldset>`,
    contact: html`<fieldset><legend>${texts.contactInfo}</legend>
<div class="two">${text('adminEmail', texts.adminEmail, { hint: texts.adminEmailHint, isRequired, type: 'email', autocomplete: 'email' })}${text('adminPhone', texts.adminPhone, { hint: texts.adminPhoneHint, type: 'tel', autocomplete: 'tel' })}</div>
</fieldset>`,
    approval: html`<fieldset><legend>${texts.approval}</legend>
${redirects(view, context)}
${scopes(view, context)}
${boundTokens(view, context)}
</fieldset>`,
    api: apiTypes(view, context),
  }
}

type TextOptions = Omit<Parameters<typeof field>[0], 'id' | 'name' | 'label' | 'value' | 'error'>

function textField(view: AppFormView, context: Context) {
  return (
    name: Exclude<AppField, 'redirectUrls' | 'scopes' | 'dpopBoundAccessTokens'>,
    label: string,
    options: TextOptions,
  ): Html =>
    field({ id: name, name, label, value: view.values[name], error: problem(name, view, context), ...options }, context)
}

/** What is wrong with a field: its errors, or that somebody else has changed it meanwhile. */
function problem(name: string, { errors, conflicts }: AppFormView, context: Context): Part {
  const sentences = errors.filter((error) => error.field === name).map((error) => sentenceOf(error, context))
  const conflict = conflicts.find((one) => one.field === name)
  if (sentences.length === 0 && !conflict) return undefined
  return html`${sentences}${conflict && conflictText(conflict, context)}`
}

function sentenceOf(error: FieldError, { texts }: Context): Html {
  return html`${quoted(texts.fieldError(error), error)} `
}

function conflictText({ stored, typed }: Conflict, { texts }: Context): Html {
  return fill(texts.changedMeanwhile, {
    stored: shownList(stored, texts.nothing),
    typed: shownList(typed, texts.nothing),
  })
}

function shownList(values: readonly string[], nothing: string): Html {
  const filled = values.filter((value) => value !== '')
  return filled.length === 0 ? html`<i>${nothing}</i>` : html`<bdi>${filled.join(', ')}</bdi>`
}

/** One field for each URL. "Add another" sends the form and brings it back with one more, so it needs no script. */
function redirects(view: AppFormView, context: Context): Html {
  const { texts } = context
  const urls = view.values.redirectUrls.length === 0 ? [''] : view.values.redirectUrls
  const ofAll = problem('redirectUrls', view, context)
  const fields = urls.map((url, at) => {
    const error = view.errors.find(({ field: name }) => name === `redirectUrls[${at}]`)
    const id = at === 0 && ofAll !== undefined ? 'redirectUrls' : `redirectUrls-${at}`
    const shown = field(
      {
        id,
        name: 'redirectUrls',
        label: texts.redirectUrl(at + 1),
        type: 'url',
        value: url,
        error: error ? sentenceOf(error, context) : undefined,
      },
      context,
    )
    return html`${shown}${error && canonicalForm(error, at, context)}`
  })
  return html`<div class="group" role="group" aria-labelledby="redirects" aria-describedby="redirects-hint${ofAll !== undefined && ' redirects-error'}">
<div class="field"><span class="label" id="redirects">${texts.redirectUrls} <span class="req">${texts.redirectsRequired}</span></span>
${hintOf('redirects', texts.redirectsHint)}${errorOf('redirects', ofAll, texts.errorTitle)}</div>
${fields}
<div><button class="button small" name="more" value="redirect">${icon('plus')}${texts.addUrl}</button></div>
</div>`
}

/** A URL that is only spelled otherwise than it will be compared is corrected by one press. */
function canonicalForm({ code, expected }: FieldError, at: number, { texts }: Context): Html | undefined {
  if (code !== 'not_canonical') return undefined
  return html`<div><input type="hidden" name="fix-${at}" value="${expected}"><button class="button small" name="more" value="fix-${at}">${spoken(texts.useIt, `${texts.useIt}: ${expected}`)}</button></div>`
}

/** What the app has and the catalogue has lost stays chosen, so that saving something else does not take it away. */
function scopes(view: AppFormView, context: Context): Html | undefined {
  const { texts, scopes: offered } = context
  const values = view.values.scopes
  const names = [...new Set([...Object.keys(offered), ...values])]
  if (names.length === 0) return undefined
  const error = listProblem('scopes', view, context)
  const boxes = names.map((name) =>
    choice({
      type: 'checkbox',
      name: 'scopes',
      value: name,
      label: html`${offered[name]} <code>${name}</code>`,
      isChecked: values.includes(name),
    }),
  )
  return html`<fieldset class="group" id="scopes" tabindex="-1"><legend class="label">${texts.scopes}</legend>${errorOf('scopes', error, texts.errorTitle)}${boxes}</fieldset>`
}

function boundTokens(view: AppFormView, context: Context): Html | undefined {
  const { texts, bindsKeys } = context
  if (!bindsKeys) return undefined
  const name = 'dpopBoundAccessTokens'
  const box = choice({
    type: 'checkbox',
    name,
    value: 'yes',
    label: texts.boundTokens,
    hint: texts.boundTokensHint,
    isChecked: view.values[name],
  })
  return html`<fieldset class="group" id="${name}" tabindex="-1">${errorOf(name, problem(name, view, context), texts.errorTitle)}${box}</fieldset>`
}

/** The problems of a list shown as one: those of its entries too. */
function listProblem(name: AppField, view: AppFormView, context: Context): Part {
  const errors = view.errors.map((error) => (error.field.startsWith(`${name}[`) ? { ...error, field: name } : error))
  return problem(name, { ...view, errors }, context)
}

function apiTypes(view: AppFormView, context: Context): Html | undefined {
  const { texts, apis } = context
  const names = Object.keys(apis)
  if (names.length === 0) return undefined
  const radios = names.map((name) =>
    choice({
      type: 'radio',
      name: 'apiType',
      value: name,
      label: apis[name],
      isChecked: view.values.apiType === name,
      isDisabled: view.refusedApis.includes(name),
      hint: view.refusedApis.includes(name) ? texts.apiRefused : undefined,
    }),
  )
  return html`<fieldset id="apiType" tabindex="-1"><legend>${texts.apiType}</legend>${errorOf('apiType', problem('apiType', view, context), texts.errorTitle)}${radios}</fieldset>`
}

/** Everything that is wrong, with a link to each field. It gets the focus without script. */
export function problemSummary({ errors, conflicts }: AppFormView, context: Context): Html | undefined {
  const { texts } = context
  if (errors.length + conflicts.length === 0) return undefined
  const lines = [
    ...errors.map((error) => [error.field, sentenceOf(error, context)] as const),
    ...conflicts.map((conflict) => [conflict.field, texts.changedShort] as const),
  ].map(
    ([name, sentence]) =>
      html`<li><a href="#${targetOf(name, errors)}">${fieldLabel(name, context)}: ${sentence}</a></li>`,
  )
  return note({
    tone: 'error',
    isAnnounced: true,
    isNarrow: true,
    heading: texts.problems(errors.length + conflicts.length),
    body: html`<ul>${lines}</ul>`,
  })
}

/** The id of the control that a field's error is at. */
function targetOf(name: string, errors: readonly FieldError[]): string {
  const [, list, at] = /^(\w+)\[(\d+)\]/.exec(name) ?? []
  if (list !== 'redirectUrls' || at === undefined) return list ?? name
  const isFirst = at === '0' && errors.some((error) => error.field === 'redirectUrls')
  return isFirst ? 'redirectUrls' : `redirectUrls-${at}`
}

function fieldLabel(name: string, { texts }: Context): string {
  const [, list = name, at] = /^(\w+)\[(\d+)\]/.exec(name) ?? []
  if (list === 'redirectUrls' && at !== undefined) return texts.redirectUrl(Number(at) + 1)
  const { name: appName, description, homepage, image, adminEmail, adminPhone, redirectUrls, apiType } = texts
  const labels: Readonly<Record<string, string>> = {
    name: appName,
    description,
    homepage,
    image,
    adminEmail,
    adminPhone,
    redirectUrls,
    apiType,
    scopes: texts.scopes,
    dpopBoundAccessTokens: texts.boundTokens,
    trusted: texts.appTrusted,
    jwks: texts.jwkSet,
  }
  return labels[list] ?? list
}
