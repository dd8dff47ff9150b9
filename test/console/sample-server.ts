import { createServer } from 'node:http'
import { createAssets } from '../../src/console/assets/assets.ts'
import type { Context } from '../../src/console/context.ts'
import { framed } from '../../src/console/frame.ts'
import { assetHeaders, documentHeaders } from '../../src/console/headers.ts'
import { documentOf } from '../../src/frame/document.ts'
import { html } from '../../src/frame/html.ts'
import { closed, listening } from '../support/real-server.ts'
import { sampleContext } from './sample-context.ts'
import { SAMPLE_CONTEXTS, SAMPLES } from './samples.ts'

const ASSETS = createAssets(undefined)
const FILES = [...ASSETS.styles, ASSETS.script]

/** One of the sample pages as a document. */
export function sampleDocument(name: string, changes: Partial<Context> = {}): { status: number; text: string } {
  const context = sampleContext({ ...changes, ...SAMPLE_CONTEXTS[name] })
  const sample = SAMPLES[name]
  if (!sample) throw new Error(`no sample is called ${name}`)
  const content = sample(context)
  const page = framed(content, context, {
    styles: ASSETS.styles.map(({ file }) => context.to('asset', { file })),
    script: context.to('asset', { file: ASSETS.script.file }),
  })
  return { status: page.status, text: documentOf({ ...page, head: html`<link rel="icon" href="data:,">${page.head}` }) }
}

/** The sample pages on a real server with the headers of the console: `/console/samples/NAME?lang=…`. */
export async function sampleServer(languages: Readonly<Record<string, Partial<Context>>>) {
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', origin)
    const [folder, name = ''] = pathname.split('/').slice(2)
    const file = FILES.find((one) => one.file === name)
    if (folder === 'assets' && file) return response.writeHead(200, assetHeaders(file.type)).end(file.text)
    if (folder !== 'samples' || !Object.hasOwn(SAMPLES, name))
      return response.writeHead(200, { 'content-type': 'text/plain' }).end('elsewhere')
    const { status, text } = sampleDocument(name, languages[searchParams.get('lang') ?? ''] ?? {})
    response.writeHead(status, documentHeaders({ origin, assets: '/console/assets/' })).end(text)
  })
  const origin = await listening(server)
  return { origin, close: () => closed(server) }
}
