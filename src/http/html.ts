/** HTML that is safe as it stands. */
export interface Html {
  readonly html: string
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Makes HTML of a template. Every value is text, and escaped, unless it is HTML made by this very function, or a list of it. */
export function html(parts: TemplateStringsArray, ...values: readonly (string | Html | readonly Html[])[]): Html {
  return { html: parts.map((part, at) => part + shown(values[at] ?? '')).join('') }
}

function shown(value: string | Html | readonly Html[]): string {
  if (typeof value === 'string') return value.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign] ?? '')
  return 'html' in value ? value.html : value.map((one) => one.html).join('\n')
}
