import { createHash } from 'node:crypto'
import { notStored } from '../wire/response.ts'
import { type Html, html } from './html.ts'

// Both colour schemes have a contrast of 7:1 for text (WCAG 2.2 AAA) and 3:1 for the edges of controls.
const STYLE = `
:root { color-scheme: light dark; --ground: #f3f4f6; --sheet: #fff; --ink: #1b1f24; --soft: #454c54; --line: #d5d9de; --edge: #767d86; --act: #1a4a8a; --on-act: #fff }
@media (prefers-color-scheme: dark) { :root { --ground: #101316; --sheet: #1a1e23; --ink: #eceff2; --soft: #bcc3cb; --line: #343a41; --edge: #868e98; --act: #a9cbff; --on-act: #0c1f3a } }
* { box-sizing: border-box }
html { background: var(--ground) }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem 1rem; color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { width: 100%; max-width: 28rem; padding: 2rem; background: var(--sheet); border: 1px solid var(--line); border-radius: .75rem; overflow-wrap: anywhere }
h1 { margin: 0 0 .5rem; font-size: 1.375rem; line-height: 1.3; font-weight: 600; text-wrap: balance }
p { margin: 0 0 1.5rem; color: var(--soft) }
dl { margin: 0 0 1.5rem; border-top: 1px solid var(--line) }
dl div { display: grid; grid-template-columns: 7.5rem 1fr; gap: 1rem; padding: .5rem 0; border-bottom: 1px solid var(--line) }
dt { color: var(--soft) }
dd { margin: 0 }
fieldset { margin: 0 0 1.5rem; padding: 0; border: 0 }
legend { padding: 0; margin-bottom: .25rem; font-weight: 600 }
label { display: flex; gap: .75rem; align-items: center; min-height: 2.5rem; padding: .25rem 0; cursor: pointer }
input { flex: none; width: 1.25rem; height: 1.25rem; margin: 0; accent-color: var(--act) }
.buttons { display: flex; flex-wrap: wrap; gap: .75rem; margin-bottom: 1.25rem }
button { flex: 1 1 8rem; min-height: 2.75rem; padding: .5rem 1rem; border: 1px solid var(--edge); border-radius: .5rem; background: transparent; color: var(--ink); font: inherit; font-weight: 600; cursor: pointer }
button[value='approve'] { border-color: var(--act); background: var(--act); color: var(--on-act) }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px }
@media (max-width: 26rem) { main { padding: 1.25rem } dl div { grid-template-columns: 1fr; gap: 0 } }
small { display: block; font-size: .875rem; color: var(--soft) }
`

export interface Page {
  readonly title: string
  readonly main: Html
  readonly status?: number
}

/** Renders a built-in page, which loads nothing and runs no scripts. Send it with {@link secured}. */
export function page({ title, main, status = 200 }: Page): Response {
  const { html: text } = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${{ html: STYLE }}</style>
</head>
<body>
<main>
${main}
</main>
</body>
</html>
`
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  }
  return new Response(text, { status, headers })
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
  const policy = headers.get('content-security-policy') ?? ''
  const directives = [...(hasForm ? [] : ["form-action 'none'"]), "frame-ancestors 'none'", "base-uri 'none'"]
  const missing = directives.filter((one) => !policy.toLowerCase().includes(one.slice(0, one.indexOf(' '))))
  headers.set('content-security-policy', [policy, ...missing].filter(Boolean).join('; '))
  if (!headers.has('x-content-type-options')) headers.set('x-content-type-options', 'nosniff')
  if (!headers.has('referrer-policy')) headers.set('referrer-policy', 'no-referrer')
  return copy
}
