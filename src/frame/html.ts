const SAFE: unique symbol = Symbol('safe HTML')

/** HTML that is safe to send. Only {@link html} makes it, so no text can pass for it. */
export interface Html {
  readonly [SAFE]: string
}

/** What a template takes: text and numbers, which are escaped; HTML; lists of these; nothing for `false` and `undefined`. */
export type Part = string | number | Html | readonly Part[] | false | undefined

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Makes HTML of a template. Attribute values must be quoted in it. */
export function html(template: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { [SAFE]: template.map((fixed, at) => fixed + rendered(parts[at])).join('') }
}

/** The HTML as text. */
export function markup(safe: Html): string {
  return safe[SAFE]
}

/** A style element. Nothing in CSS is escaped, so it must be of this package or checked. */
export function styleElement(css: string): Html {
  if (css.includes('<')) throw new TypeError('css: expected a style sheet without <')
  return { [SAFE]: `<style>${css}</style>` }
}

/** A translated sentence, with HTML in the place of each `{name}`. A name that `parts` lacks stays as it is written. */
export function fill(sentence: string, parts: Readonly<Record<string, Part>>): Html {
  const pieces = sentence.split(/\{(\w+)\}/)
  return html`${pieces.map((piece, at) => (at % 2 === 0 ? piece : (parts[piece] ?? `{${piece}}`)))}`
}

function rendered(part: Part): string {
  if (part === undefined || part === false) return ''
  if (typeof part === 'string') return part.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '')
  if (typeof part === 'number') return String(part)
  return SAFE in part ? part[SAFE] : part.map(rendered).join('')
}
