import { type AnyAppGrantError, AppGrantError } from '../../base/errors.ts'
import type { AppGrant } from '../../create-app-grant.ts'
import type { RequestContext } from '../../domain/apps/authenticate-app.ts'
import type { Consent, ConsentDecision, Redirect } from '../../domain/authorization/authorization.ts'
import { browserLocale, createLanguages, type HostTexts } from '../../frame/languages.ts'
import type { Theme } from '../../frame/theme.ts'
import { HttpError } from '../wire/http-error.ts'
import type { IncomingRequest } from '../wire/request.ts'
import { type Form, readForm } from '../wire/request-body.ts'
import type { PlainResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { assertNotCrossSite, reportingCrossSite } from '../wire/same-origin.ts'
import { askSignIn, type SignIn } from '../wire/sign-in.ts'
import { asPage, type ErrorPage, seeOther } from './as-page.ts'
import { errorPage as errorContent, type Task } from './error-page.ts'
import { createRenderPage, type PageContent } from './page.ts'
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

/** A page on which a signed-in user decides about an app. */
export interface DecisionPage {
  /** Renders the built-in page. Its form is posted to `action`. */
  render(content: (texts: PageTexts, action: string) => PageContent, locale: string | undefined): Response
  /**
   * The routes of the page, and the one that its form is posted to. Every error of theirs is shown on a page. The path of a route is
   * that of the page unless it has its own.
   */
  routes(page: readonly (Pick<Route, 'method' | 'respond'> & { readonly path?: string })[]): readonly Route[]
}

/** Carries out what the user chose, and returns where the browser goes then. */
type Choice = (decision: ConsentDecision, form: Form) => Promise<Pick<Redirect, 'location'>>

/**
 * What the pages have in common that end with a decision of the user: how they look, how they show an error, and the POST of the
 * decision.
 */
export function createDecisionPage(
  core: AppGrant,
  parts: Pick<PageOptions, 'errorPage' | 'theme' | 'texts'> & {
    readonly issuer: string
    readonly signIn: SignIn
    readonly path: string
    readonly task: Task
    /** By the value of the button. */
    readonly choices: ReadonlyMap<string, Choice>
  },
): DecisionPage {
  const { issuer, signIn, path, task, choices, theme = {}, texts = {} } = parts
  const { origin, pathname } = new URL(issuer)
  const decisionPath = `${path}/decision`
  const action = `${pathname === '/' ? '' : pathname}${decisionPath}`
  const languageFor = createLanguages(PAGE_TEXTS, texts)
  const renderPage = createRenderPage(theme, origin)
  const ownErrorPage: ErrorPage = async (error, { headers }) => {
    const language = languageFor(browserLocale(headers))
    return renderPage(errorContent(error, language.texts, task), language)
  }
  const { errorPage = ownErrorPage } = parts

  return {
    render(content, locale) {
      const language = languageFor(locale)
      return renderPage(content(language.texts, action), language)
    },
    routes(page) {
      const decision: Route['respond'] = ({ request, context }) => decide(request, context)
      return [
        ...page.map((route) => ({ path, ...route })),
        { method: 'POST' as const, path: decisionPath, respond: decision },
      ].map((route) => ({ ...route, errorFormat: 'oauth', respond: asPage(route.respond, errorPage) }))
    },
  }

  async function decide(request: IncomingRequest, facts: RequestContext): Promise<PlainResponse> {
    reportingCrossSite(core.events, facts, () => assertNotCrossSite(request, origin))
    const signedIn = await askSignIn(signIn, request.toRequest())
    if (!('account' in signedIn)) throw signedOut()
    const form = await readForm(request, 'scope')
    const choose = choices.get(form.get('decision') ?? '')
    if (!choose) throw new HttpError(400, 'invalid_request', `decision must be ${[...choices.keys()].join(' or ')}`)
    const { account, login } = signedIn
    return seeOther(await choose({ ...facts, account, login, ticket: form.get('ticket') ?? '' }, form))
  }
}

/** A POSTed form cannot be resumed after sign-in. */
export function signedOut(): AppGrantError {
  return new AppGrantError('invalid_ticket', {
    message: 'the user is no longer signed in',
    hint: 'Start again from the app: the request belongs to the login that has ended.',
  })
}
