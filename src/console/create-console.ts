import type { AppGrant } from '../create-app-grant.ts'
import type { Handler } from '../http/wire/serve.ts'
import { type ConsoleOptions, checkConsoleOptions } from './options.ts'
import { createRoutes } from './routes/routes.ts'
import { serveConsole } from './serve-console.ts'

/**
 * Creates the owner console: web pages on which accounts register and manage their apps, and see and withdraw what apps may do for
 * them. They are one function from Request to Response, served beside the endpoints, and work without scripts.
 *
 * Changes are accepted only from pages of the origin of `url`, which browsers say. The host adds what it has of its own: cookies with
 * `SameSite=Lax`, a limit of requests, and HSTS.
 *
 * @throws TypeError that names the invalid option.
 * @example
 * ```ts
 * const signIn = async (request: Request) => sessionOf(request) ?? Response.redirect('https://login.example.com/sign-in', 303)
 * const pages = createConsole(appgrant, { signIn })
 * const response = await pages(new Request('https://login.example.com/console/apps'))
 * ```
 */
export function createConsole(appgrant: AppGrant, options: ConsoleOptions): Handler {
  const settings = checkConsoleOptions(options, appgrant)
  return serveConsole(settings, { appgrant, routes: createRoutes(appgrant, settings), clock: Date.now })
}
