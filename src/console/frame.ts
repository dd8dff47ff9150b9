import { fill, type Html, html } from '../frame/html.ts'
import type { Content, Context, Tab } from './context.ts'
import type { Viewer } from './viewer.ts'

/** The parts of a page, for a host that puts them into a page of its own. `head` and `body` are HTML and safe to insert as they are. */
export interface ConsolePage {
  /** Text, not HTML: it has names of apps, so escape it. */
  readonly title: string
  readonly status: number
  readonly lang: string
  readonly dir: 'ltr' | 'rtl'
  /** A `<link>` for each style sheet and a `<script>`, all by path: no nonce is needed under `script-src 'self'`. */
  readonly head: string
  /** One `<div class="ag">`. Every style of it is for what is inside. It may have a secret in it: neither log nor keep it. */
  readonly body: string
  /** Undefined if the page is shown to somebody who is not signed in. */
  readonly viewer: Viewer | undefined
}

/** The paths of what a page loads. */
export interface PageAssets {
  readonly styles: readonly string[]
  readonly script: string
}

/** A page before its head and body are texts. */
export interface FramedPage extends Omit<ConsolePage, 'head' | 'body'> {
  readonly head: Html
  readonly body: Html
}

/** Puts the content of a page between navigation and what the script needs. */
export function framed(content: Content, context: Context, assets: PageAssets): FramedPage {
  const { texts, locale, dir, viewer, site } = context
  const { title, status = 200, failed = false, over } = content
  const body = html`<div class="ag" lang="${locale}" dir="${dir}">
<div class="page"${over && html` inert`}>
<a class="skip button" href="#ag-content">${texts.skip}</a>
${navigation(content.tab, context)}
<main id="ag-content"${content.place !== undefined && html` data-place="${content.place}"`}>
${actingFor(context)}${content.main}
</main>
</div>
${over}<div id="ag-said" class="hidden" role="status"></div>
</div>`
  return {
    title: `${failed ? `${texts.errorTitle} ` : ''}${title} – ${texts.consoleTitle} – ${site}`,
    status,
    lang: locale,
    dir,
    head: headOf(assets),
    body,
    viewer: viewer.account === undefined && viewer.operator !== true ? undefined : viewer,
  }
}

function headOf({ styles, script }: PageAssets): Html {
  return html`${styles.map((path) => html`<link rel="stylesheet" href="${path}">\n`)}<script type="module" src="${script}"></script>`
}

function navigation(open: Tab | undefined, { texts, to, viewer, actsFor }: Context): Html | undefined {
  const hasOwn = viewer.account !== undefined || actsFor !== undefined
  const tabs: readonly (readonly [Tab, string])[] = [
    ...(hasOwn
      ? ([
          ['apps', texts.apps],
          ['managed', texts.managed],
        ] as const)
      : []),
    ...(viewer.operator === true ? ([['all', texts.all]] as const) : []),
  ]
  const links = tabs.map(([name, text]) => {
    const path = to(name, name === 'all' ? {} : { for: actsFor?.account })
    return html`<a href="${path}"${name === open && html` aria-current="page"`}>${text}</a>`
  })
  if (tabs.length === 0) return undefined
  return html`<nav class="tabs" aria-label="${texts.consoleTitle}">${links}</nav>`
}

/** Says for whom the page is, on every page of another account. */
function actingFor({ texts, to, viewer, actsFor }: Context): Html | undefined {
  if (!actsFor) return undefined
  const name = html`<b><bdi>${actsFor.name}</bdi></b>`
  const sentence = viewer.operator === true ? texts.actingAsPlatform : texts.acting
  const back =
    viewer.account === undefined
      ? html`<a href="${to('all')}">${texts.backToAll}</a>`
      : html`<a href="${to('apps')}">${texts.backToOwn}</a>`
  return html`<div class="acting"><span>${fill(sentence, { name })}</span>${back}</div>
`
}
