import { AppGrantError, isAppGrantError } from '../base/errors.ts'
import type { AppGrant } from '../create-app-grant.ts'
import type { RequestFacts } from '../domain/app-authentication.ts'
import type { Consent, Redirect } from '../domain/authorization.ts'
import type { SignIn } from './account-api.ts'
import { type Answer, emptyAnswer, notStored } from './answer.ts'
import { consentPage as ownConsentPage } from './consent-page.ts'
import { pageStatus } from './error-answer.ts'
import { errorPage as ownErrorPage } from './error-page.ts'
import { HttpError } from './http-error.ts'
import type { IncomingRequest } from './incoming.ts'
import { secured } from './page.ts'
import { readForm } from './request-body.ts'
import type { Route } from './routes.ts'
import { assertNotCrossSite, reportingCrossSite } from './same-origin.ts'

/** Custom pages for users. */
export interface PageOptions {
  /**
   * Renders the consent page. Its form must POST these parameters to `/authorize/decision` under the issuer: `ticket` from the
   * consent, `decision` (`approve` or `deny`), and the granted scopes as `scope`, repeated or separated by spaces. Without
   * `scope`, no scope is granted. `request` is a GET with the parameters of the authorization request, even if it was a POST.
   *
   * These headers are added if the page does not set them: no-store, nosniff, no-referrer, and a Content-Security-Policy with
   * `form-action` for the origin of the redirect, `frame-ancestors 'none'` and `base-uri 'none'`. Default is a built-in page
   * without scripts.
   */
  readonly consentPage?: (consent: Consent, request: Request) => Promise<Response>
  /**
   * Renders the page for an error that is not sent to the app. The response gets the status of the error, and headers are
   * added as for `consentPage`. Default is a built-in page.
   */
  readonly errorPage?: (error: AppGrantError, request: Request) => Promise<Response>
}

interface Parts extends PageOptions {
  readonly issuer: string
  readonly signIn: SignIn
}

const AUTHORIZE = '/authorize'
const DECISION = '/authorize/decision'

/**
 * The authorization endpoint, GET and POST, and the POST of the user's decision (HTTP-2).
 *
 * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-3.1)
 */
export function authorizeRoutes(grants: AppGrant, parts: Parts): readonly Route[] {
  const { issuer, signIn, errorPage = async (error) => ownErrorPage(error) } = parts
  const { authorizer } = grants
  const { origin, pathname } = new URL(issuer)
  const action = `${pathname === '/' ? '' : pathname}${DECISION}`
  const { consentPage = async (consent) => ownConsentPage(consent, action) } = parts

  async function ask(request: Request, params: URLSearchParams, facts: RequestFacts): Promise<Answer | Response> {
    await authorizer.checkAuthorization(params, facts)
    // HEAD must change nothing: it stores no consent request and starts no sign-in.
    if (request.method === 'HEAD') return secured(new Response(null))
    const who = await signIn(request)
    if (!('account' in who)) return notStored(who)
    const next = await authorizer.beginAuthorization(params, { ...facts, ...who })
    if (next.step === 'redirect') return seeOther(next)
    // The core has matched redirect_uri before it requests consent.
    return secured(await consentPage(next, request), new URL(params.get('redirect_uri') ?? ''))
  }

  async function decide(request: IncomingRequest, facts: RequestFacts): Promise<Answer | Response> {
    reportingCrossSite(grants.events, facts, () => assertNotCrossSite(request, origin))
    const who = await signIn(request.toRequest())
    // A POSTed decision cannot be resumed after sign-in, so fail if the user has signed out.
    if (!('account' in who)) throw signedOut()
    const form = await readForm(request, 'scope')
    const answer = { ...facts, ...who, ticket: form.get('ticket') ?? '' }
    switch (form.get('decision')) {
      case 'approve':
        return seeOther(await authorizer.approve({ ...answer, scope: form.get('scope')?.split(' ') ?? [] }))
      case 'deny':
        return seeOther(await authorizer.deny(answer))
      default:
        throw new HttpError(400, 'invalid_request', 'decision must be approve or deny')
    }
  }

  /** Shows every error on a page of this server. Errors for the app are redirects made by the core and never thrown. */
  function asPage(answer: Route['answer']): Route['answer'] {
    return async (call) => {
      try {
        return await answer(call)
      } catch (error) {
        const told = error instanceof HttpError ? ofRequest(error) : error
        if (!isAppGrantError(told)) throw error
        const { status, headers } = pageStatus(error instanceof HttpError ? error : told)
        const shown = await errorPage(told, call.request.toRequest())
        const page = secured(new Response(shown.body, { status, headers: shown.headers }))
        for (const [name, value] of Object.entries(headers)) page.headers.set(name, value)
        return page
      }
    }
  }

  const routes: readonly Pick<Route, 'method' | 'path' | 'answer'>[] = [
    {
      method: 'GET',
      path: AUTHORIZE,
      answer: ({ request, url, facts }) => ask(request.toRequest(), url.searchParams, facts),
    },
    {
      method: 'POST',
      path: AUTHORIZE,
      async answer({ request, url, facts }) {
        const params = new URLSearchParams([...(await readForm(request, 'resource'))])
        return ask(asGet(request.toRequest(), url, params), params, facts)
      },
    },
    { method: 'POST', path: DECISION, answer: ({ request, facts }) => decide(request, facts) },
  ]
  return routes.map((route) => ({ ...route, wire: 'oauth', answer: asPage(route.answer) }))
}

function seeOther({ location }: Redirect): Answer {
  return emptyAnswer({ status: 303, headers: { location, 'referrer-policy': 'no-referrer' } })
}

/** Turns a POSTed authorization request into the GET a browser can return to. */
function asGet({ headers }: Request, url: URL, params: URLSearchParams): Request {
  const kept = new Headers(headers)
  for (const name of ['content-type', 'content-length']) kept.delete(name)
  return new Request(`${url.origin}${url.pathname}?${params}`, { headers: kept })
}

function ofRequest({ message }: HttpError): AppGrantError {
  return new AppGrantError('invalid_request', {}, { message, hint: 'Nothing was stored.' })
}

function signedOut(): AppGrantError {
  return new AppGrantError(
    'invalid_ticket',
    {},
    {
      message: 'the user is no longer signed in',
      hint: 'Start again from the app: the consent request belongs to the login that has ended.',
    },
  )
}
