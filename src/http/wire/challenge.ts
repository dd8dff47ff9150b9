import type { IncomingRequest } from './request.ts'

/**
 * The challenge of a 401 of an endpoint for apps. Some clients read nothing else, so it has the error too. A page that did not use
 * Basic gets another scheme, because a browser would ask its user for the credentials of the app.
 *
 * @see [RFC 6749 - The OAuth 2.0 Authorization Framework](https://www.rfc-editor.org/rfc/rfc6749.html#section-5.2)
 * @param description - printable ASCII without double quote and backslash.
 */
export function challenge(headers: IncomingRequest['headers'], error: string, description: string): string {
  const usedBasic = /^basic /i.test(headers.get('authorization') ?? '')
  const isPage = headers.has('origin') || headers.has('sec-fetch-site')
  const scheme = usedBasic || !isPage ? 'Basic realm="apps", charset="UTF-8"' : 'OAuth realm="apps"'
  return `${scheme}, error="${error}", error_description="${description}"`
}
