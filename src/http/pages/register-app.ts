import type { AppGrant } from '../../create-app-grant.ts'
import { spacedList } from '../../domain/input/spaced-list.ts'
import type { Route } from '../wire/router.ts'
import type { SignIn } from '../wire/sign-in.ts'
import { createDecisionPage, type PageOptions } from './decision-page.ts'
import { registrationPage } from './registration-page.ts'

/**
 * The page to which an app sends the user who registers it, and the POST of the user's decision (WEB-1). The app then exchanges the
 * code at `/register-app/token`.
 */
export function registerAppRoutes(
  core: AppGrant,
  parts: PageOptions & { readonly issuer: string; readonly signIn: SignIn },
): readonly Route[] {
  const { authorizer } = core
  const { render, open, routes } = createDecisionPage(core, {
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

  return routes([
    {
      method: 'GET',
      respond: ({ request, url, context }) =>
        open(request.toRequest(), context, async ({ account, login, locale }) => {
          const asked = await authorizer.beginRegistration(url.searchParams, { ...context, account, login })
          return render((texts, action) => registrationPage(asked, action, texts), locale)
        }),
    },
  ])
}
