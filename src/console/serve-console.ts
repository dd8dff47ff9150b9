import type { IncomingRequest } from '../http/wire/request.ts'
import { isSameOrigin } from '../http/wire/same-origin.ts'
import { type Handler, handlerOf } from '../http/wire/serve.ts'
import type { AddressName, Match } from './addresses.ts'
import type { Call, ConsoleRoute, Reply } from './call.ts'
import type { Context } from './context.ts'
import { createPages, seeOther } from './create-pages.ts'
import { type Form, readForm, selection } from './forms/read-form.ts'
import type { ConsoleSettings } from './options.ts'
import { failurePage, otherViewerPage } from './pages/failure.ts'
import { keptForm } from './pages/kept-form.ts'
import { replyTo } from './replies.ts'
import type { Failure } from './texts/failure.ts'
import { checkViewer, type Viewer } from './viewer.ts'

/** What the console is served with besides its settings. */
export interface ConsoleParts {
  readonly routes: Readonly<Partial<Record<AddressName, ConsoleRoute>>>
  readonly clock: () => number
  /** Names of accounts by id, as far as the host has any. */
  readonly names: (ids: readonly string[]) => Promise<Readonly<Record<string, string>>>
  /** Hears of errors that nobody expected. */
  readonly failed: (operation: string, cause: unknown) => void
}

/** A request, and what is at its address. */
interface Found {
  readonly request: IncomingRequest
  readonly url: URL
  readonly match: Match
  readonly route: ConsoleRoute
}

/**
 * Serves the pages. For a form the order is: address, same origin, body, who is signed in, whether the form was made for them, more
 * proof if the action needs it, and only then the action. Nothing is looked up for a form of another origin.
 */
export function serveConsole(settings: ConsoleSettings, { routes, clock, names, failed }: ConsoleParts): Handler {
  const pages = createPages(settings, clock)
  const { to } = pages

  return handlerOf(async (request) => {
    const anonymous = pages.context({ ...preferredLocale(request) })
    let operation = 'routing'
    try {
      const url = new URL(request.url)
      const match = pages.match(url.pathname)
      if (match) operation = `${request.method} ${match.name}`
      const file = match?.name === 'asset' && isRead(request) && pages.asset(match.parts.file ?? '')
      if (file) return file
      const route = match && routes[match.name]
      if (!route) return await failure('notFound', anonymous, request)
      const found = { request, url, match, route }
      if (isRead(request)) return await read(found)
      if (request.method === 'POST' && route.post) return await change(found, anonymous)
      const refusal = await failure('methodNotAllowed', anonymous, request)
      refusal.headers.set('allow', route.post ? 'GET, HEAD, POST' : 'GET, HEAD')
      return refusal
    } catch (cause) {
      failed(operation, cause)
      return pages.plain(failurePage('serverError', anonymous), anonymous)
    }
  })

  async function read(found: Found): Promise<Response> {
    const viewer = await settings.signIn(found.request.toRequest())
    if (viewer instanceof Response) return unstored(viewer)
    const call = await callOf(found, viewer)
    return respond(await replyOf(call, found.route, undefined), call, undefined)
  }

  async function change(found: Found, anonymous: Context): Promise<Response> {
    const { request, match, url, route } = found
    if (!isSameOrigin(request.headers, settings.url.origin)) return failure('crossSite', anonymous, request)
    const form = await readForm(request)
    if (typeof form === 'string') return failure(form, anonymous, request)
    const viewer = await settings.signIn(request.toRequest())
    // Not the host's redirect: it would lose what was typed, and browsers follow none out of this origin after a form.
    if (viewer instanceof Response) {
      const where = { action: addressOf(match, url.searchParams), proof: to('apps') }
      return pages.response(keptForm('signedOut', form, where, anonymous), anonymous, request)
    }
    const call = await callOf(found, viewer)
    const { context } = call
    if (form.get('as') !== context.formProof)
      return pages.response(otherViewerPage(viewer.login ?? viewer.account ?? '', context), context, request)
    return respond(await replyOf(call, route, form), call, form)
  }

  async function callOf({ request, match, url }: Found, signedIn: Viewer): Promise<Call> {
    const viewer = checkViewer(signedIn)
    const account = url.searchParams.get('for') ?? ''
    const isOther = account !== '' && account !== viewer.account
    const actsFor = isOther ? { account, name: (await names([account]))[account] ?? account } : undefined
    return {
      request,
      match,
      query: url.searchParams,
      context: { ...pages.context(viewer), ...(actsFor && { actsFor }) },
      confirm: (name, apps) => settings.confirm(request.toRequest(), { name, apps, viewer }),
    }
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
    if ('redirect' in reply) return seeOther(reply.redirect)
    if ('response' in reply) return unstored(reply.response)
    if ('failure' in reply) return failure(reply.failure, context, request)
    if ('page' in reply) return pages.response(reply.page, reply.context ?? context, request)
    const sent = form ?? new URLSearchParams()
    const where = { action: addressOf(match, query), proof: proofOf(match, query, sent) }
    return pages.response(keptForm(reply.again, sent, where, context), context, request)
  }

  function failure(name: Failure, context: Context, request: IncomingRequest): Promise<Response> {
    return pages.response(failurePage(name, context), context, request)
  }

  /** The address of the request itself, made anew: nothing of it is copied that is not a known part. */
  function addressOf({ name, parts }: Match, query: URLSearchParams): string {
    return to(name, { ...Object.fromEntries(query), ...parts })
  }

  /** Where the host asks for more proof, and comes back to. */
  function proofOf({ name, parts }: Match, query: URLSearchParams, form: Form): string {
    if (name === 'app') return to('confirmChange', parts)
    return to(name, { for: query.get('for') ?? '', app: selection(form, 'app') ?? [], ...parts })
  }
}

function isRead({ method }: IncomingRequest): boolean {
  return method === 'GET' || method === 'HEAD'
}

/** The language of somebody who is not signed in: the first that the browser names. */
function preferredLocale({ headers }: IncomingRequest): Pick<Viewer, 'locale'> {
  const [first = ''] = (headers.get('accept-language') ?? '').split(/[,;]/, 1)
  return first.trim() === '' ? {} : { locale: first.trim() }
}

/** A response of the host's, which no cache keeps. */
function unstored(response: Response): Response {
  const copy = new Response(response.body, response)
  copy.headers.set('cache-control', 'no-store')
  copy.headers.set('pragma', 'no-cache')
  return copy
}
