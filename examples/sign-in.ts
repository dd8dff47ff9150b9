// The base of consent-host.ts and console-host.ts: the sign-in of a host, and how it writes its pages.
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'

export const HTML = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
}
export const page = (title: string, body: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>${text(title)}</title><main>${body}</main></html>`
/** Escapes text. Names come from strangers, so nothing goes into a page without this. */
export const text = (value: string) => value.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** Signs accounts in at `/sign-in`. It believes every account name. A real host checks passwords and ends sessions. */
export function createSignIn(issuer: string) {
  /** The signed-in accounts, by cookie. */
  const sessions = new Map<string, string>()
  return {
    /** Returns the account, or sends the browser to the sign-in and back: the `signIn` option of `createHandler`. */
    async signIn(request: Request): Promise<{ account: string } | Response> {
      const [, session = ''] = /session=([\w-]+)/.exec(request.headers.get('cookie') ?? '') ?? []
      const account = sessions.get(session)
      if (account !== undefined) return { account }
      // Return to the path of the request only: its host cannot be trusted.
      const { pathname, search } = new URL(request.url)
      const back = new URLSearchParams({ back: pathname + search })
      return new Response(null, { status: 303, headers: { location: `${issuer}/sign-in?${back}` } })
    },
    async serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
      const form =
        '<form method="post"><label>Account <input name="account" value="ann"></label> <button>Sign in</button></form>'
      if (req.method !== 'POST') {
        res.writeHead(200, HTML).end(page('Sign in', `<h1>Sign in</h1>${form}`))
        return
      }
      let body = ''
      for await (const chunk of req) body += chunk
      const session = randomUUID()
      sessions.set(session, new URLSearchParams(body).get('account') || 'ann')
      // Redirect only to a path of this host.
      const back = new URL(req.url ?? '', issuer).searchParams.get('back') ?? '/'
      const location = new URL(back, issuer).origin === issuer ? back : '/'
      res.writeHead(303, { location, 'set-cookie': `session=${session}; HttpOnly; SameSite=Lax; Path=/` }).end()
    },
  }
}
