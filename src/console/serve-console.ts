import { emitTo } from '../base/events.ts'
import type { AppGrant } from '../create-app-grant.ts'
import type { RequestContext } from '../domain/apps/authenticate-app.ts'
import { browserLocale } from '../frame/languages.ts'
import { pathOf } from '../http/wire/path.ts'
import { type IncomingRequest, requestContext } from '../http/wire/request.ts'
import { notStored } from '../http/wire/response.ts'
import { assertSameOrigin, reportingCrossSite } from '../http/wire/same-origin.ts'
import { type Handler, handlerOf } from '../http/wire/serve.ts'
import type { AddressName, AddressParts, Match } from './addresses.ts'
import type { Call, ConsoleRoute, Reply } from './call.ts'
import type { Context } from './context.ts'
import { createCalls } from './create-call.ts'
import { createPages, seeOther } from './create-pages.ts'
import { type Form, readForm, selection } from './forms/read-form.ts'
import type { ConsoleSettings } from './options.ts'
import { failurePage, otherViewerPage } from './pages/failure.ts'
import { keptForm } from './pages/kept-form.ts'
import { replyTo } from './replies.ts'
import { checkViewer } from './viewer.ts'

/** What the console is served with besides its settings. */
export interface ConsoleParts {
  readonly appgrant: AppGrant
  readonly routes: Readonly<Partial<Record<AddressName, ConsoleRoute>>>
  readonly clock: () => number
}

/** A request, and what is at its address. */
interface Found {
  readonly request: IncomingRequest
  readonly source: RequestContext
  readonly query: URLSearchParams
  readonly match: Match
  readonly route: ConsoleRoute
}

/**
 * Serves the pages. For a form the order is: address, same origin, body, who is signed in, whether the form was made for them, more
 * proof if the action needs it, and only then the action. Nothing is looked up for a form of another origin.
 */
export function serveConsole(settings: ConsoleSettings, { appgrant, routes, clock }: ConsoleParts): Handler {
  const pages = createPages(settings, clock)
  const createCall = createCalls(appgrant, settings, { clock, failed })
  const { to } = pages

  return handlerOf(async (request, connection) => {
    const anonymous = () => pages.context({ locale: browserLocale(request.headers) })
    let operation = 'routing'
    let isForm = false
    try {
      const path = pathOf(request)
      const match = path === undefined ? undefined : pages.match(path)
      if (match) operation = `${request.method} ${match.name}`
      const file = match?.name === 'asset' && isRead(request) && pages.asset(match.parts.file ?? '')
      if (file) return file
      const route = match && routes[match.name]
      if (!route) return await shown({ failure: 'notFound' }, anonymous(), request)
      const query = new URL(request.url).searchParams
      const found = { request, source: requestContext(request, connection.remoteAddress), query, match, route }
      if (isRead(request)) return await read(found)
      isForm = request.method === 'POST' && route.post !== undefined
      if (isForm) return await change(found, anonymous)
      const refusal = await shown({ failure: 'methodNotAllowed' }, anonymous(), request)
      refusal.headers.set('allow', route.post ? 'GET, HEAD, POST' : 'GET, HEAD')
      return refusal
    } catch (error) {
      // Errors of the core are replies by now: these are of the request, or of the host.
      const reply = replyTo(error, isForm)
      if (reply && 'failure' in reply) return await shown(reply, anonymous(), request)
      failed(operation, error)
      const context = anonymous()
      return pages.plain(failurePage('serverError', context), context)
    }
  })

  async function read(found: Found): Promise<Response> {
    const viewer = await settings.signIn(found.request.toRequest(), {})
    if (viewer instanceof Response) return notStored(viewer)
    const call = callOf(found, viewer)
    return respond(await replyOf(call, found.route, undefined), call, undefined)
  }

  async function change(found: Found, anonymous: () => Context): Promise<Response> {
    const { request, source, match, query, route } = found
    reportingCrossSite(appgrant.events, source, () => assertSameOrigin(request, settings.url.origin))
    const form = await readForm(request)
    const viewer = await settings.signIn(request.toRequest(), {})
    // Not the host's redirect: it would lose what was typed, and browsers follow none out of this origin after a form.
    if (viewer instanceof Response) {
      const where = { action: addressOf(match, query), proof: to('apps') }
      const nobody = anonymous()
      return pages.response(keptForm('signedOut', form, where, nobody), nobody, request)
    }
    const call = callOf(found, viewer)
    const { context } = call
    if (form.get('as') !== context.formProof)
      return pages.response(otherViewerPage(viewer.login ?? viewer.account ?? '', context), context, request)
    return respond(await replyOf(call, route, form), call, form)
  }

  function callOf({ request, source, match, query }: Found, signedIn: unknown): Call {
    const viewer = checkViewer(signedIn)
    return createCall({ request, source, match, query, viewer, context: pages.context(viewer) })
  }

  async function replyOf(call: Call, route: ConsoleRoute, form: Form | undefined): Promise<Reply> {
    const { match, query, context } = call
    if (route.isForOperator === true && context.viewer.operator !== true) return { failure: 'notFound' }
    try {
      const apps = match.parts.key === undefined ? selection(form ?? query, 'app') : [match.parts.key]
      const asked = route.danger && (await call.confirm(route.danger, apps ?? []))
      if (asked) return form ? { again: 'unconfirmed' } : { response: asked }
      return form && route.post ? await route.post(call, form) : await route.get(call)
    } catch (error) {
      const reply = replyTo(error, form !== undefined)
      if (reply) return reply
      throw error
    }
  }

  async function respond(reply: Reply, { request, match, query, context }: Call, form: Form | undefined) {
    if (!('again' in reply)) return shown(reply, context, request, messageless(match, query))
    const sent = form ?? new URLSearchParams()
    const where = { action: addressOf(match, query), proof: proofOf(match, query, sent) }
    return pages.response(keptForm(reply.again, sent, where, context), context, request)
  }

  /** @param place - the address of the page, if that is not the address of the request. */
  async function shown(
    reply: Exclude<Reply, { readonly again: unknown }>,
    context: Context,
    request: IncomingRequest,
    place?: string,
  ): Promise<Response> {
    if ('redirect' in reply) return seeOther(reply.redirect)
    if ('response' in reply) return notStored(reply.response)
    if ('failure' in reply) return pages.response(failurePage(reply.failure, context), context, request)
    const content = place === undefined ? reply.page : { place, ...reply.page }
    return pages.response(content, reply.context, request)
  }

  /** The address of the request itself, made anew. Of a parameter that is repeated, the first one counts, as it does elsewhere. */
  function addressOf({ name, parts }: Match, query: URLSearchParams, without: AddressParts = {}): string {
    const first = Object.fromEntries([...query.keys()].map((part) => [part, query.get(part) ?? '']))
    return to(name, { ...first, ...without, ...parts })
  }

  /** The address without what it says was just done, which must not be said again; undefined if it says nothing. */
  function messageless(match: Match, query: URLSearchParams): string | undefined {
    return query.has('said') ? addressOf(match, query, { said: '', about: '', count: '' }) : undefined
  }

  /** Where the host asks for more proof, and comes back to. */
  function proofOf({ name, parts }: Match, query: URLSearchParams, form: Form): string {
    if (name === 'app') return to('confirmChange', parts)
    if (name === 'newApp') return to('confirmNewApp', { for: query.get('for') ?? '' })
    return to(name, { for: query.get('for') ?? '', app: selection(form, 'app') ?? [], ...parts })
  }

  function failed(operation: string, cause: unknown): void {
    emitTo(appgrant.events, 'outage', { code: 'server_error', operation: `console ${operation}`, cause })
  }
}

function isRead({ method }: IncomingRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}
