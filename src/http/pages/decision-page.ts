import { type AnyAppGrantError, AppGrantError } from '../../base/errors.ts'
import type { AppGrant } from '../../create-app-grant.ts'
import type { RequestContext } from '../../domain/apps/authenticate-app.ts'
import type { Consent, ConsentDecision, Redirect } from '../../domain/authorization/authorization.ts'
import type { SignInNeeds } from '../../domain/input/user-authentication.ts'
import { browserLocale, createLanguages, type HostTexts } from '../../frame/languages.ts'
import type { Theme } from '../../frame/theme.ts'
import { basePathOf } from '../wire/base-path.ts'
import { HttpError } from '../wire/http-error.ts'
import type { IncomingRequest } from '../wire/request.ts'
import { type Form, readForm } from '../wire/request-body.ts'
import { notStored, type PlainResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { assertMayNavigate, assertNotCrossSite, navigates, reportingCrossSite } from '../wire/same-origin.ts'
import { askSignIn, type SignedIn, type SignIn } from '../wire/sign-in.ts'
import { asPage, type ErrorPage, seeOther } from './as-page.ts'
import { errorPage as errorContent, type Task } from './error-page.ts'
import { createRenderPage, type PageContent, secured } from './page.ts'
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
  /** Renders a built-in page. The form of the decision is posted to `action`. */
  render(content: (texts: PageTexts, action: string) => PageContent, locale: string | undefined): Response
  /**
   * Responds to a browser that opens a page: for the account that is signed in, or as the host says to sign in.
   *
   * @param check - what comes before, and how the user must have signed in. Default is nothing.
   */
  open(
    request: Request,
    facts: RequestContext,
    respond: (signedIn: SignedIn, isNavigation: boolean | undefined) => Promise<Response | PlainResponse> | Response,
    check?: () => Promise<SignInNeeds>,
  ): Promise<Response | PlainResponse>
  /** The account that has sent a form of a page. @throws HttpError 403 if a page of another site did, `invalid_ticket` if it is signed out. */
  sender(request: IncomingRequest, facts: RequestContext): Promise<SignedIn>
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
  const { origin } = new URL(issuer)
  const decisionPath = `${path}/decision`
  const action = basePathOf(issuer) + decisionPath
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
      return secured(renderPage(content(language.texts, action), language), { hasForm: true })
    },
    async open(request, facts, respond, check) {
      const isNavigation = navigates(request.headers)
      reportingCrossSite(core.events, facts, () => assertMayNavigate(isNavigation))
      const needs = await check?.()
      // HEAD must change nothing: it stores nothing and starts no sign-in.
      if (request.method === 'HEAD') return secured(new Response(null))
      const signedIn = await askSignIn(signIn, request, needs)
      return 'account' in signedIn ? respond(signedIn, isNavigation) : notStored(signedIn)
    },
    sender,
    routes(page) {
      const decision: Route['respond'] = ({ request, context }) => decide(request, context)
      return [
        ...page.map((route) => ({ path, ...route })),
        { method: 'POST' as const, path: decisionPath, respond: decision },
      ].map((route) => ({ ...route, errorFormat: 'oauth', respond: asPage(route.respond, errorPage) }))
    },
  }

  async function sender(request: IncomingRequest, facts: RequestContext): Promise<SignedIn> {
    reportingCrossSite(core.events, facts, () => assertNotCrossSite(request, origin))
    const signedIn = await askSignIn(signIn, request.toRequest())
    if ('account' in signedIn) return signedIn
    // A POSTed form cannot be resumed after sign-in.
    throw new AppGrantError('invalid_ticket', {
      message: 'the user is no longer signed in',
      hint: 'Start again from the app: the request belongs to the login that has ended.',
    })
  }

  async function decide(request: IncomingRequest, facts: RequestContext): Promise<PlainResponse> {
    const { account, login } = await sender(request, facts)
    const form = await readForm(request, 'scope')
    const choose = choices.get(form.get('decision') ?? '')
    if (!choose) throw new HttpError(400, 'invalid_request', `decision must be ${[...choices.keys()].join(' or ')}`)
    return seeOther(await choose({ ...facts, account, login, ticket: form.get('ticket') ?? '' }, form))
  }
}
