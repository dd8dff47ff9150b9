import { documentOf } from '../frame/document.ts'
import { html, markup } from '../frame/html.ts'
import { themeCss } from '../frame/theme.ts'
import type { IncomingRequest } from '../http/wire/request.ts'
import { assertResponse } from '../http/wire/sign-in.ts'
import { createAddresses, createMatcher } from './addresses.ts'
import { createAssets } from './assets/assets.ts'
import type { Content, Context } from './context.ts'
import { createFormats } from './formats.ts'
import { framed } from './frame.ts'
import { assetHeaders, completed, documentHeaders } from './headers.ts'
import type { ConsoleSettings } from './options.ts'
import { createConsoleLanguages } from './texts/languages.ts'
import { formProofOf, type Viewer } from './viewer.ts'

const RETRY_AFTER_SECONDS = '5'

/** Makes contexts and responses of the settings: everything that is the same for every page. */
export function createPages(settings: ConsoleSettings, clock: () => number) {
  const { url, base, theme } = settings
  const to = createAddresses(base)
  const languages = createConsoleLanguages(settings.texts)
  const formats = createFormats()
  const assets = createAssets(themeCss(theme))
  const files = new Map([...assets.styles, assets.script].map((asset) => [asset.file, asset]))
  const paths = {
    styles: [
      ...assets.styles.map(({ file }) => to('asset', { file })),
      ...(theme.stylesheet ? [theme.stylesheet] : []),
    ],
    script: to('asset', { file: assets.script.file }),
  }
  const headers = documentHeaders({ origin: url.origin, assets: `${base}/assets/`, stylesheet: theme.stylesheet })

  return {
    to,
    match: createMatcher(base),

    /** The context of a page for a viewer, who may be nobody. */
    context(viewer: Viewer): Context {
      const { locale, dir, texts } = languages(viewer.locale)
      return {
        texts,
        locale,
        dir,
        formats: formats(locale, viewer.timeZone),
        to,
        viewer,
        now: new Date(clock()),
        formProof: formProofOf(viewer),
        scopes: settings.scopes,
        bindsKeys: settings.bindsKeys,
        apis: settings.apis,
        hasAccounts: settings.accounts.below !== undefined && viewer.account !== undefined,
        site: url.host,
      }
    },

    /** A page in a document of ours, or in the host's layout. */
    async response(content: Content, context: Context, request: IncomingRequest): Promise<Response> {
      if (!settings.layout) return this.plain(content, context)
      const page = framed(content, context, paths)
      const texts = { ...page, head: markup(page.head), body: markup(page.body) }
      const laidOut: unknown = await settings.layout(texts, request.toRequest())
      assertResponse('layout', laidOut)
      const response = completed(laidOut, page.status)
      if (page.status === 503) response.headers.set('retry-after', RETRY_AFTER_SECONDS)
      return response
    },

    /** A page in a document of ours, which needs nothing of the host's. */
    plain(content: Content, context: Context): Response {
      const page = framed(content, context, paths)
      const retry = page.status === 503 && { 'retry-after': RETRY_AFTER_SECONDS }
      const head = html`<link rel="icon" href="data:,">\n${page.head}`
      return new Response(documentOf({ ...page, head }), { status: page.status, headers: { ...headers, ...retry } })
    },

    /** Undefined if there is no such file. */
    asset(file: string): Response | undefined {
      const asset = files.get(file)
      return asset && new Response(asset.text, { headers: assetHeaders(asset.type) })
    },
  }
}

export type Pages = ReturnType<typeof createPages>

/** A redirect within the console. */
export function seeOther(location: string): Response {
  return new Response(null, {
    status: 303,
    headers: { location, 'cache-control': 'no-store', 'referrer-policy': 'same-origin' },
  })
}
