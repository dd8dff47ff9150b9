import type { AppGrant } from '../../create-app-grant.ts'
import type { RequestContext } from '../../domain/apps/authenticate-app.ts'
import { spacedList } from '../../domain/input/spaced-list.ts'
import { readForm } from '../wire/request-body.ts'
import { notStored, type PlainResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { assertMayNavigate, navigates, reportingCrossSite } from '../wire/same-origin.ts'
import { askSignIn, assertResponse, type SignIn } from '../wire/sign-in.ts'
import { seeOther } from './as-page.ts'
import { consentPage as consentContent } from './consent-page.ts'
import { createDecisionPage, type PageOptions } from './decision-page.ts'
import { secured } from './page.ts'

interface AuthorizeOptions extends PageOptions {
  readonly issuer: string
  readonly signIn: SignIn
}

/**
 * The authorization endpoint, GET and POST, and the POST of the user's decision (HTTP-2).
 *
 * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.1)
 */
export function authorizeRoutes(core: AppGrant, parts: AuthorizeOptions): readonly Route[] {
  const { signIn, consentPage } = parts
  const { authorizer } = core
  const { render, routes } = createDecisionPage(core, {
    ...parts,
    path: '/authorize',
    task: 'authorization',
    choices: new Map([
      ['approve', (decision, form) => authorizer.approve({ ...decision, scope: spacedList(form.get('scope')) ?? [] })],
      ['deny', (decision) => authorizer.deny(decision)],
    ]),
  })

  async function begin(
    request: Request,
    params: URLSearchParams,
    facts: RequestContext,
  ): Promise<PlainResponse | Response> {
    const isNavigation = navigates(request.headers)
    reportingCrossSite(core.events, facts, () => assertMayNavigate(isNavigation))
    const needs = await authorizer.checkAuthorization(params, facts)
    // HEAD must change nothing: it stores no consent request and starts no sign-in.
    if (request.method === 'HEAD') return secured(new Response(null))
    const signedIn = await askSignIn(signIn, request, needs)
    if (!('account' in signedIn)) return notStored(signedIn)
    const { locale, ...by } = signedIn
    const next = await authorizer.beginAuthorization(params, {
      ...facts,
      ...by,
      isNavigation: isNavigation === true,
    })
    if (next.step === 'redirect') return seeOther(next)
    const page = consentPage
      ? await consentPage(next, request)
      : render((texts, action) => consentContent(next, action, texts), locale)
    assertResponse('consentPage', page)
    return secured(page, { hasForm: true })
  }

  return routes([
    { method: 'GET', respond: ({ request, url, context }) => begin(request.toRequest(), url.searchParams, context) },
    {
      method: 'POST',
      async respond({ request, url, context }) {
        const params = new URLSearchParams([...(await readForm(request, 'resource'))])
        return begin(asGet(request.toRequest(), url, params), params, context)
      },
    },
  ])
}

/** Turns a POSTed authorization request into the GET a browser can return to. */
function asGet({ headers }: Request, url: URL, params: URLSearchParams): Request {
  const kept = new Headers(headers)
  for (const name of ['content-type', 'content-length']) kept.delete(name)
  return new Request(`${url.origin}${url.pathname}?${params}`, { headers: kept })
}
