import { fill, type Html, html, type Part } from '../../frame/html.ts'
import type { Context } from '../context.ts'
import { icon } from './icon.ts'

/** A text field with everything that belongs to it. Hint and error come before it, so they are read before it is reached. */
export interface Field {
  readonly id: string
  readonly name: string
  readonly label: Part
  readonly value: string
  /** Default is `text`; `area` has several lines. */
  readonly type?: 'text' | 'url' | 'email' | 'tel' | 'area'
  readonly hint?: Part
  readonly error?: Part
  readonly isRequired?: boolean
  readonly maxLength?: number
  /** What browsers may fill in. Default is `off`. */
  readonly autocomplete?: 'email' | 'tel'
}

export function field(of: Field, { texts }: Context): Html {
  const { id, name, label, value, type = 'text', hint, error, isRequired = false, maxLength, autocomplete = 'off' } = of
  const described = [hint !== undefined && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean).join(' ')
  const attributes = html` id="${id}" name="${name}"${isRequired && html` aria-required="true"`}${described !== '' && html` aria-describedby="${described}"`}${error !== undefined && html` aria-invalid="true"`} autocomplete="${autocomplete}"${maxLength !== undefined && html` maxlength="${maxLength}"`}`
  const control =
    type === 'area'
      ? html`<textarea class="input" dir="auto"${attributes}>\n${value}</textarea>`
      : html`<input class="input" type="${type}"${type === 'text' ? html` dir="auto"` : html` dir="ltr"`}${attributes} value="${value}">`
  return html`<div class="field"><label for="${id}">${label}${isRequired && html` <span class="req">${texts.required}</span>`}</label>
${hintOf(id, hint)}${errorOf(id, error, texts.errorTitle)}
${control}</div>
`
}

export function hintOf(id: string, hint: Part): Html | undefined {
  return hint === undefined ? undefined : html`<p class="hint" id="${id}-hint">${hint}</p>`
}

export function errorOf(id: string, error: Part, errorTitle: string): Html | undefined {
  if (error === undefined) return undefined
  return html`<p class="error" id="${id}-error">${icon('error')}<span><span class="hidden">${errorTitle} </span>${error}</span></p>`
}

/** A checkbox or radio button with its label, and what it means. */
export interface Choice {
  readonly type: 'checkbox' | 'radio'
  readonly name: string
  readonly value: string
  readonly label: Part
  readonly hint?: Part
  readonly isChecked?: boolean
  readonly isDisabled?: boolean
  readonly isRequired?: boolean
}

export function choice({ type, name, value, label, hint, ...is }: Choice): Html {
  const id = `${name}-${value.replaceAll(/[^\w-]/g, (sign) => `_${sign.charCodeAt(0)}`)}`
  const attributes = html`${is.isChecked === true && html` checked`}${is.isDisabled === true && html` disabled`}${is.isRequired === true && html` required`}${hint !== undefined && html` aria-describedby="${id}-hint"`}`
  return html`<div class="choice"><label class="check"><input type="${type}" name="${name}" value="${value}"${attributes}><span>${label}</span></label>${hintOf(id, hint)}</div>
`
}

/** A sentence about an error with what was expected and received, in which both are apart from the words around them. */
export function quoted(sentence: string, parts: { readonly expected: string; readonly received: string }): Html {
  return fill(sentence, { expected: html`<bdi>${parts.expected}</bdi>`, received: html`<bdi>${parts.received}</bdi>` })
}
