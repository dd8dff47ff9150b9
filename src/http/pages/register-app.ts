import type { AppGrant } from '../../create-app-grant.ts'
import type { RequestContext } from '../../domain/apps/authenticate-app.ts'
import { spacedList } from '../../domain/input/spaced-list.ts'
import { notStored, type PlainResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { assertMayNavigate, navigates, reportingCrossSite } from '../wire/same-origin.ts'
import { askSignIn, type SignIn } from '../wire/sign-in.ts'
import { createDecisionPage, type PageOptions } from './decision-page.ts'
import { secured } from './page.ts'
import { registrationPage } from './registration-page.ts'

/**
 * The page to which an app sends the user who registers it, and the POST of the user's decision (WEB-1). The app then exchanges the
 * code at `/register-app/token`.
 */
export function registerAppRoutes(
  core: AppGrant,
  parts: PageOptions & { readonly issuer: string; readonly signIn: SignIn },
): readonly Route[] {
  const { signIn } = parts
  const { authorizer } = core
  const { render, routes } = createDecisionPage(core, {
    ...parts,
    path: '/register-app',
    task: 'registration',
    choices: new Map([
      [
        'register',
        (decision, form) => {
          const grant = form.get('grant') === 'yes'
          const scope = spacedList(form.get('scope')) ?? []
          return authorizer.approveRegistration({ ...decision, grant, scope })
        },
      ],
      ['deny', (decision) => authorizer.denyRegistration(decision)],
    ]),
  })

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
    return secured(
      render((texts, action) => registrationPage(asked, action, texts), locale),
      { hasForm: true },
    )
  }

  return routes([
    { method: 'GET', respond: ({ request, url, context }) => begin(request.toRequest(), url.searchParams, context) },
  ])
}
