import type { AppGrant } from '../../create-app-grant.ts'
import type { DeviceGrant } from '../../domain/devices/device-grant.ts'
import { userCodeInput } from '../../domain/devices/user-code.ts'
import { spacedList } from '../../domain/input/spaced-list.ts'
import { basePathOf } from '../wire/base-path.ts'
import { readForm } from '../wire/request-body.ts'
import type { PlainResponse } from '../wire/response.ts'
import type { Route, RouteCall } from '../wire/router.ts'
import type { SignIn } from '../wire/sign-in.ts'
import { seeOther } from './as-page.ts'
import { createDecisionPage, type PageOptions } from './decision-page.ts'
import { type DeviceAddresses, deviceConsentPage, donePage, entryPage, waitingPage } from './device-page.ts'

const PATH = '/device'

interface DevicePageParts extends PageOptions {
  readonly issuer: string
  readonly signIn: SignIn
  readonly devices: DeviceGrant
}

/**
 * The pages on which a user enters the code of a device, and decides about it. No address contains a ticket.
 *
 * @see [RFC 8628 - OAuth 2.0 Device Authorization Grant](https://www.rfc-editor.org/rfc/rfc8628.html#section-3.3)
 */
export function deviceRoutes(core: AppGrant, parts: DevicePageParts): readonly Route[] {
  const { issuer, devices } = parts
  const base = basePathOf(issuer) + PATH
  const addresses: DeviceAddresses = { entry: base, request: `${base}/request` }
  const done = { location: `${base}/done` }
  const { render, open, sender, routes } = createDecisionPage(core, {
    ...parts,
    path: PATH,
    task: 'device',
    choices: new Map([
      [
        'approve',
        async (decision, form) => {
          await devices.approve({ ...decision, scope: spacedList(form.get('scope')) ?? [] })
          return done
        },
      ],
      [
        'deny',
        async (decision) => {
          await devices.deny(decision)
          return done
        },
      ],
    ]),
  })

  async function enter({ request, context }: RouteCall): Promise<PlainResponse> {
    const { account, login } = await sender(request, context)
    const form = await readForm(request)
    const userCode = userCodeInput(form.get('user_code') ?? '')
    await devices.enterUserCode({ ...context, ticket: form.get('ticket') ?? '', userCode, account, login })
    return seeOther({ location: `${addresses.request}?user_code=${userCode}` })
  }

  return routes([
    {
      method: 'GET',
      respond: ({ request, url, context }) =>
        open(request.toRequest(), context, async ({ account, login, locale }) => {
          const typed = url.searchParams.get('user_code')
          const userCode = typed ? userCodeInput(typed) : undefined
          const { ticket } = await devices.beginEntry({ ...context, account, login })
          return render((texts) => entryPage({ account, userCode, ticket }, addresses, texts), locale)
        }),
    },
    { method: 'POST', respond: enter },
    {
      method: 'GET',
      path: `${PATH}/request`,
      respond: ({ request, url, context }) =>
        open(request.toRequest(), context, async ({ locale, ...signedIn }) => {
          const userCode = url.searchParams.get('user_code') ?? ''
          const asked = await devices.ask({ ...context, userCode, ...signedIn })
          return render(
            (texts, action) =>
              asked.step === 'waiting' ? waitingPage(asked, addresses, texts) : deviceConsentPage(asked, action, texts),
            locale,
          )
        }),
    },
    {
      method: 'GET',
      path: `${PATH}/done`,
      respond: ({ request, context }) => open(request.toRequest(), context, ({ locale }) => render(donePage, locale)),
    },
  ])
}
