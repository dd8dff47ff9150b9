import { createHash } from 'node:crypto'
import { documentOf } from '../../frame/document.ts'
import { type Html, html, styleElement } from '../../frame/html.ts'
import type { Language } from '../../frame/languages.ts'
import { type Theme, themeCss } from '../../frame/theme.ts'
import { TOKENS_CSS } from '../../frame/tokens.ts'
import { completedPolicy } from '../wire/policy.ts'
import { notStored } from '../wire/response.ts'

const STYLE = `${TOKENS_CSS}
* { box-sizing: border-box }
body { min-height: 100vh; display: grid; place-items: center; padding: 1.5rem 1rem; color: var(--ag-ink); font: 1rem/1.5 var(--ag-font) }
main { width: 100%; max-width: 28rem; padding: 2rem; background: var(--ag-sheet); border: 1px solid var(--ag-line); border-radius: var(--ag-radius); overflow-wrap: anywhere }
h1 { margin: 0 0 .5rem; font-size: 1.375rem; line-height: 1.3; font-weight: 600; text-wrap: balance }
p { margin: 0 0 1.5rem; color: var(--ag-soft) }
dl { margin: 0 0 1.5rem; border-top: 1px solid var(--ag-line) }
dl div { display: grid; grid-template-columns: 7.5rem 1fr; gap: 1rem; padding: .5rem 0; border-bottom: 1px solid var(--ag-line) }
dt { color: var(--ag-soft) }
dd { margin: 0 }
fieldset { margin: 0 0 1.5rem; padding: 0; border: 0 }
legend { padding: 0; margin-bottom: .25rem; font-weight: 600 }
label { display: flex; gap: .75rem; align-items: center; min-height: 2.5rem; padding: .25rem 0; cursor: pointer }
input { flex: none; width: 1.25rem; height: 1.25rem; margin: 0; accent-color: var(--ag-accent) }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; margin-bottom: 1.25rem }
button { flex: 1 1 8rem; min-height: 2.75rem; padding: .5rem 1rem; border: 1px solid var(--ag-edge); border-radius: var(--ag-radius); background: transparent; color: var(--ag-ink); font: inherit; font-weight: 600; cursor: pointer }
code { display: block; margin: 0 0 1.5rem; font: 600 1.75rem/1.3 ui-monospace, monospace; letter-spacing: .08em }
.field { display: block; margin-bottom: 1.5rem }
.field input { display: block; width: 100%; height: auto; min-height: 2.75rem; margin-top: .25rem; padding: .5rem .75rem; border: 1px solid var(--ag-edge); border-radius: var(--ag-radius); background: var(--ag-sheet); color: var(--ag-ink); font: 600 1.25rem/1.3 ui-monospace, monospace; letter-spacing: .08em; text-transform: uppercase }
button[value='approve'], button[value='register'], button.main { border-color: var(--ag-accent); background: var(--ag-accent); color: var(--ag-on-accent) }
:focus-visible { outline: 3px solid var(--ag-accent); outline-offset: 2px }
@media (max-width: 26rem) { main { padding: 1.25rem } dl div { grid-template-columns: 1fr; gap: 0 } }
small { display: block; font-size: .875rem; color: var(--ag-soft) }
`

/** What a built-in page shows. */
export interface PageContent {
  readonly title: string
  readonly main: Html
}

/** Renders the built-in pages, which run no scripts and load nothing but the style sheet of the theme. Send them with {@link secured}. */
export type RenderPage = (content: PageContent, language: Pick<Language<unknown>, 'locale' | 'dir'>) => Response

/** @param origin - that of the issuer, where the style sheet of the theme is. */
export function createRenderPage(theme: Theme, origin: string): RenderPage {
  const { stylesheet } = theme
  const style = STYLE + (themeCss(theme) ?? '')
  const link = stylesheet !== undefined && html`\n<link rel="stylesheet" href="${stylesheet}">`
  const head = html`${styleElement(style)}${link}`
  const sources = [
    `'sha256-${createHash('sha256').update(style).digest('base64')}'`,
    ...(stylesheet === undefined ? [] : [origin + stylesheet]),
  ]
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src ${sources.join(' ')}`,
  }
  return ({ title, main }, { locale, dir }) => {
    const body = html`<main>\n${main}\n</main>`
    return new Response(documentOf({ lang: locale, dir, title, head, body }), { headers })
  }
}

/**
 * Adds `no-store` and the security headers that every page needs, whether built-in or the host's (HTTP-8). Other headers that
 * the host has set are kept, and only directives missing from its policy are added.
 *
 * @param options - `hasForm`: whether the page has a form, whose response redirects to an app. Its policy gets no `form-action`,
 *   because browsers apply that to every redirect that follows, and the app may redirect anywhere.
 */
export function secured(response: Response, { hasForm = false }: { readonly hasForm?: boolean } = {}): Response {
  const copy = notStored(response)
  const { headers } = copy
  const directives = [...(hasForm ? [] : ["form-action 'none'"]), "frame-ancestors 'none'", "base-uri 'none'"]
  headers.set('content-security-policy', completedPolicy(headers.get('content-security-policy'), directives))
  if (!headers.has('x-content-type-options')) headers.set('x-content-type-options', 'nosniff')
  if (!headers.has('referrer-policy')) headers.set('referrer-policy', 'no-referrer')
  return copy
}
