import type { AppGrant } from '../../create-app-grant.ts'
import type { RequestContext } from '../../domain/apps/authenticate-app.ts'
import { spacedList } from '../../domain/input/spaced-list.ts'
import { browserLocale, createLanguages } from '../../frame/languages.ts'
import { HttpError } from '../wire/http-error.ts'
import type { IncomingRequest } from '../wire/request.ts'
import { readForm } from '../wire/request-body.ts'
import { notStored, type PlainResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { assertMayNavigate, assertNotCrossSite, navigates, reportingCrossSite } from '../wire/same-origin.ts'
import { askSignIn, type SignIn } from '../wire/sign-in.ts'
import { asPage, type ErrorPage, seeOther, signedOut } from './as-page.ts'
import type { PageOptions } from './authorize.ts'
import { errorPage as errorContent } from './error-page.ts'
import { createRenderPage, secured } from './page.ts'
import { registrationPage } from './registration-page.ts'
import { PAGE_TEXTS } from './texts.ts'

const PAGE = '/register-app'
const DECISION = '/register-app/decision'

/**
 * The page to which an app sends the user who registers it, and the POST of the user's decision (WEB-1). The app then exchanges the
 * code at `/register-app/token`.
 */
export function registerAppRoutes(
  core: AppGrant,
  parts: PageOptions & { readonly issuer: string; readonly signIn: SignIn },
): readonly Route[] {
  const { issuer, signIn, theme = {}, texts = {} } = parts
  const { authorizer } = core
  const { origin, pathname } = new URL(issuer)
  const action = `${pathname === '/' ? '' : pathname}${DECISION}`
  const languageFor = createLanguages(PAGE_TEXTS, texts)
  const render = createRenderPage(theme, origin)
  const ownErrorPage: ErrorPage = async (error, { headers }) => {
    const language = languageFor(browserLocale(headers))
    return render(errorContent(error, language.texts, 'registration'), language)
  }
  const { errorPage = ownErrorPage } = parts

  async function begin(
    request: Request,
    params: URLSearchParams,
    facts: RequestContext,
  ): Promise<PlainResponse | Response> {
    reportingCrossSite(core.events, facts, () => assertMayNavigate(navigates(request.headers)))
    // HEAD must change nothing: it stores no request and starts no sign-in.
    if (request.method === 'HEAD') return secured(new Response(null))
    const signedIn = await askSignIn(signIn, request)
    if (!('account' in signedIn)) return notStored(signedIn)
    const { account, login, locale } = signedIn
    const asked = await authorizer.beginRegistration(params, { ...facts, account, login })
    const language = languageFor(locale)
    return secured(render(registrationPage(asked, action, language.texts), language), { hasForm: true })
  }

  async function decide(request: IncomingRequest, facts: RequestContext): Promise<PlainResponse> {
    reportingCrossSite(core.events, facts, () => assertNotCrossSite(request, origin))
    const signedIn = await askSignIn(signIn, request.toRequest())
    if (!('account' in signedIn)) throw signedOut()
    const form = await readForm(request, 'scope')
    const { account, login } = signedIn
    const decision = { ...facts, account, login, ticket: form.get('ticket') ?? '' }
    switch (form.get('decision')) {
      case 'register': {
        const grant = form.get('grant') === 'yes'
        const scope = spacedList(form.get('scope')) ?? []
        return seeOther(await authorizer.approveRegistration({ ...decision, grant, scope }))
      }
      case 'deny':
        return seeOther(await authorizer.denyRegistration(decision))
      default:
        throw new HttpError(400, 'invalid_request', 'decision must be register or deny')
    }
  }

  const routes: readonly Pick<Route, 'method' | 'path' | 'respond'>[] = [
    {
      method: 'GET',
      path: PAGE,
      respond: ({ request, url, context }) => begin(request.toRequest(), url.searchParams, context),
    },
    { method: 'POST', path: DECISION, respond: ({ request, context }) => decide(request, context) },
  ]
  return routes.map((route) => ({ ...route, errorFormat: 'oauth', respond: asPage(route.respond, errorPage) }))
}
