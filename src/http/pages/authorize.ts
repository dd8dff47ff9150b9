import type { AnyAppGrantError } from '../../base/errors.ts'
import type { AppGrant } from '../../create-app-grant.ts'
import type { RequestContext } from '../../domain/apps/authenticate-app.ts'
import type { Consent } from '../../domain/authorization/authorization.ts'
import { spacedList } from '../../domain/input/spaced-list.ts'
import { readSignInNeeds } from '../../domain/input/user-authentication.ts'
import { browserLocale, createLanguages, type HostTexts } from '../../frame/languages.ts'
import type { Theme } from '../../frame/theme.ts'
import { HttpError } from '../wire/http-error.ts'
import type { IncomingRequest } from '../wire/request.ts'
import { readForm } from '../wire/request-body.ts'
import { notStored, type PlainResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { assertMayNavigate, assertNotCrossSite, navigates, reportingCrossSite } from '../wire/same-origin.ts'
import { askSignIn, assertResponse, type SignIn } from '../wire/sign-in.ts'
import { asPage, type ErrorPage, seeOther, signedOut } from './as-page.ts'
import { consentPage as consentContent } from './consent-page.ts'
import { errorPage as errorContent } from './error-page.ts'
import { createRenderPage, secured } from './page.ts'
import { PAGE_TEXTS, type PageTexts } from './texts.ts'

/** Custom pages for users. */
export interface PageOptions {
  /**
   * Renders the consent page. Its form must POST these parameters to `/authorize/decision` under the issuer: `ticket` from the
   * consent, `decision` (`approve` or `deny`), and the granted scopes as `scope`, repeated or separated by spaces. Without
   * `scope`, no scope is granted. `request` is a GET with the parameters of the authorization request, even if it was a POST.
   *
   * These headers are added if the page does not set them: no-store, nosniff, no-referrer, and a Content-Security-Policy with
   * `frame-ancestors 'none'` and `base-uri 'none'`. A `form-action` of its own must allow every address that the app may redirect
   * to. Default is a built-in page without scripts.
   */
  readonly consentPage?: ((consent: Consent, request: Request) => Promise<Response>) | undefined
  /**
   * Renders the page for an error that is not sent to the app. The response gets the status of the error, and headers are
   * added as for `consentPage`. Default is a built-in page.
   */
  readonly errorPage?: ((error: AnyAppGrantError, request: Request) => Promise<Response>) | undefined
  /** The look of the built-in pages; the console takes the same. */
  readonly theme?: Theme | undefined
  /**
   * Texts of the built-in pages by language tag. English and German are there; what is missing is English. The consent page is in the
   * `locale` that `signIn` returns, the error page in the language of the browser.
   */
  readonly texts?: HostTexts<PageTexts> | undefined
}

interface AuthorizeOptions extends PageOptions {
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
export function authorizeRoutes(core: AppGrant, parts: AuthorizeOptions): readonly Route[] {
  const { issuer, signIn, consentPage, theme = {}, texts = {} } = parts
  const { authorizer } = core
  const { origin, pathname } = new URL(issuer)
  const action = `${pathname === '/' ? '' : pathname}${DECISION}`
  const languageFor = createLanguages(PAGE_TEXTS, texts)
  const render = createRenderPage(theme, origin)
  const ownConsentPage = (consent: Consent, locale: string | undefined) => {
    const language = languageFor(locale)
    return render(consentContent(consent, action, language.texts), language)
  }
  const ownErrorPage: ErrorPage = async (error, { headers }) => {
    const language = languageFor(browserLocale(headers))
    return render(errorContent(error, language.texts), language)
  }
  const { errorPage = ownErrorPage } = parts

  async function begin(
    request: Request,
    params: URLSearchParams,
    facts: RequestContext,
  ): Promise<PlainResponse | Response> {
    const isNavigation = navigates(request.headers)
    reportingCrossSite(core.events, facts, () => assertMayNavigate(isNavigation))
    await authorizer.checkAuthorization(params, facts)
    // HEAD must change nothing: it stores no consent request and starts no sign-in.
    if (request.method === 'HEAD') return secured(new Response(null))
    // What cannot be read is an error for the app, once the user is known.
    const needs = readSignInNeeds(Object.fromEntries(params)) ?? {}
    const signedIn = await askSignIn(signIn, request, needs)
    if (!('account' in signedIn)) return notStored(signedIn)
    const { locale, ...by } = signedIn
    const next = await authorizer.beginAuthorization(params, {
      ...facts,
      ...by,
      isNavigation: isNavigation === true,
    })
    if (next.step === 'redirect') return seeOther(next)
    const page = consentPage ? await consentPage(next, request) : ownConsentPage(next, locale)
    assertResponse('consentPage', page)
    return secured(page, { hasForm: true })
  }

  async function decide(request: IncomingRequest, facts: RequestContext): Promise<PlainResponse | Response> {
    reportingCrossSite(core.events, facts, () => assertNotCrossSite(request, origin))
    const signedIn = await askSignIn(signIn, request.toRequest())
    if (!('account' in signedIn)) throw signedOut()
    const form = await readForm(request, 'scope')
    const { account, login } = signedIn
    const decision = { ...facts, account, login, ticket: form.get('ticket') ?? '' }
    switch (form.get('decision')) {
      case 'approve':
        return seeOther(await authorizer.approve({ ...decision, scope: spacedList(form.get('scope')) ?? [] }))
      case 'deny':
        return seeOther(await authorizer.deny(decision))
      default:
        throw new HttpError(400, 'invalid_request', 'decision must be approve or deny')
    }
  }

  const routes: readonly Pick<Route, 'method' | 'path' | 'respond'>[] = [
    {
      method: 'GET',
      path: AUTHORIZE,
      respond: ({ request, url, context }) => begin(request.toRequest(), url.searchParams, context),
    },
    {
      method: 'POST',
      path: AUTHORIZE,
      async respond({ request, url, context }) {
        const params = new URLSearchParams([...(await readForm(request, 'resource'))])
        return begin(asGet(request.toRequest(), url, params), params, context)
      },
    },
    { method: 'POST', path: DECISION, respond: ({ request, context }) => decide(request, context) },
  ]
  return routes.map((route) => ({ ...route, errorFormat: 'oauth', respond: asPage(route.respond, errorPage) }))
}

/** Turns a POSTed authorization request into the GET a browser can return to. */
function asGet({ headers }: Request, url: URL, params: URLSearchParams): Request {
  const kept = new Headers(headers)
  for (const name of ['content-type', 'content-length']) kept.delete(name)
  return new Request(`${url.origin}${url.pathname}?${params}`, { headers: kept })
}
