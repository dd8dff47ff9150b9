import { type Html, html, markup } from './html.ts'

/** A page of ours: what is in its head besides the title, and its body. */
export interface DocumentParts {
  readonly lang: string
  readonly dir: 'ltr' | 'rtl'
  readonly title: string
  readonly head: Html
  readonly body: Html
}

/** A whole document, in the colours of the theme. */
export function documentOf({ lang, dir, title, head, body }: DocumentParts): string {
  return markup(html`<!doctype html>
<html lang="${lang}" dir="${dir}" class="ag-document">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${head}
</head>
<body>
${body}
</body>
</html>
`)
}
