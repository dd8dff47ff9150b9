import type { AppGrant } from '../../create-app-grant.ts'
import type { RequestContext } from '../../domain/apps/authenticate-app.ts'
import { spacedList } from '../../domain/input/spaced-list.ts'
import { readForm } from '../wire/request-body.ts'
import type { PlainResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { assertResponse, type SignedIn, type SignIn } from '../wire/sign-in.ts'
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
  const { consentPage } = parts
  const { authorizer } = core
  const { render, open, routes } = createDecisionPage(core, {
    ...parts,
    path: '/authorize',
    task: 'authorization',
    choices: new Map([
      ['approve', (decision, form) => authorizer.approve({ ...decision, scope: spacedList(form.get('scope')) ?? [] })],
      ['deny', (decision) => authorizer.deny(decision)],
    ]),
  })

  function begin(request: Request, params: URLSearchParams, facts: RequestContext): Promise<PlainResponse | Response> {
    const check = () => authorizer.checkAuthorization(params, facts)
    return open(request, facts, respond, check)

    async function respond({ locale, ...by }: SignedIn, isNavigation: boolean | undefined) {
      const next = await authorizer.beginAuthorization(params, {
        ...facts,
        ...by,
        isNavigation: isNavigation === true,
      })
      if (next.step === 'redirect') return seeOther(next)
      if (!consentPage) return render((texts, action) => consentContent(next, action, texts), locale)
      const page = await consentPage(next, request)
      assertResponse('consentPage', page)
      return secured(page, { hasForm: true })
    }
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
