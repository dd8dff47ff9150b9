import { type AnyAppGrantError, AppGrantError, isAppGrantError } from '../../base/errors.ts'
import { pageStatus } from '../wire/error-response.ts'
import { HttpError } from '../wire/http-error.ts'
import { emptyResponse, type PlainResponse } from '../wire/response.ts'
import type { Route } from '../wire/router.ts'
import { assertResponse } from '../wire/sign-in.ts'
import { secured } from './page.ts'

/** Renders the page of an error, with any status. */
export type ErrorPage = (error: AnyAppGrantError, request: Request) => Promise<Response>

/** Shows every error on a page of this server. Errors for the app are redirects made by the core and never thrown. */
export function asPage(respond: Route['respond'], errorPage: ErrorPage): Route['respond'] {
  return async (call) => {
    try {
      return await respond(call)
    } catch (error) {
      const shownError = error instanceof HttpError ? ofRequest(error) : error
      if (!isAppGrantError(shownError)) throw error
      const { status, headers } = pageStatus(error instanceof HttpError ? error : shownError)
      const shown = await errorPage(shownError, call.request.toRequest())
      assertResponse('errorPage', shown)
      const page = secured(new Response(shown.body, { status, headers: shown.headers }))
      for (const [name, value] of Object.entries(headers)) page.headers.set(name, value)
      return page
    }
  }
}

/** The redirect to the app, with nothing of this server's address. */
export function seeOther({ location }: { readonly location: string }): PlainResponse {
  return emptyResponse({ status: 303, headers: { location, 'referrer-policy': 'no-referrer' } })
}

function ofRequest({ message }: HttpError): AppGrantError<'invalid_request'> {
  return new AppGrantError('invalid_request', { message, hint: 'Nothing was stored.' })
}
