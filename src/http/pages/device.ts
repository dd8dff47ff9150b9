import type { AppGrant } from '../../create-app-grant.ts'
import type { DeviceGrant } from '../../domain/devices/device-grant.ts'
import { userCodeInput } from '../../domain/devices/user-code.ts'
import { spacedList } from '../../domain/input/spaced-list.ts'
import { readForm } from '../wire/request-body.ts'
import { notStored, type PlainResponse } from '../wire/response.ts'
import type { Route, RouteCall } from '../wire/router.ts'
import { assertMayNavigate, assertNotCrossSite, navigates, reportingCrossSite } from '../wire/same-origin.ts'
import { askSignIn, type SignedIn, type SignIn } from '../wire/sign-in.ts'
import { seeOther } from './as-page.ts'
import { createDecisionPage, type PageOptions, signedOut } from './decision-page.ts'
import { type DeviceAddresses, deviceConsentPage, donePage, entryPage, waitingPage } from './device-page.ts'
import { type PageContent, secured } from './page.ts'
import type { PageTexts } from './texts.ts'

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
  const { signIn, issuer, devices } = parts
  const { origin, pathname } = new URL(issuer)
  const base = pathname === '/' ? PATH : pathname + PATH
  const addresses: DeviceAddresses = { entry: base, request: `${base}/request`, decision: `${base}/decision` }
  const done = { location: `${base}/done` }
  const { render, routes } = createDecisionPage(core, {
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
  const page = (content: (texts: PageTexts) => PageContent, locale: string | undefined) =>
    secured(
      render((texts) => content(texts), locale),
      { hasForm: true },
    )

  /** A page for the account that is signed in. HEAD must change nothing: it stores nothing and starts no sign-in. */
  function forAccount(
    respond: (signedIn: SignedIn, call: RouteCall) => Promise<Response> | Response,
  ): (call: RouteCall) => Promise<PlainResponse | Response> {
    return async (call) => {
      const request = call.request.toRequest()
      reportingCrossSite(core.events, call.context, () => assertMayNavigate(navigates(request.headers)))
      if (request.method === 'HEAD') return secured(new Response(null))
      const signedIn = await askSignIn(signIn, request)
      return 'account' in signedIn ? respond(signedIn, call) : notStored(signedIn)
    }
  }

  async function enter({ request, context }: RouteCall): Promise<PlainResponse> {
    reportingCrossSite(core.events, context, () => assertNotCrossSite(request, origin))
    const signedIn = await askSignIn(signIn, request.toRequest())
    if (!('account' in signedIn)) throw signedOut()
    const { account, login } = signedIn
    const userCode = userCodeInput((await readForm(request)).get('user_code') ?? '')
    await devices.enterUserCode({ ...context, userCode, account, login })
    return seeOther({ location: `${addresses.request}?user_code=${userCode}` })
  }

  return routes([
    {
      method: 'GET',
      respond: forAccount(({ account, locale }, { url }) => {
        const typed = url.searchParams.get('user_code')
        const userCode = typed ? userCodeInput(typed) : undefined
        return page((texts) => entryPage({ account, userCode }, addresses, texts), locale)
      }),
    },
    { method: 'POST', respond: enter },
    {
      method: 'GET',
      path: `${PATH}/request`,
      respond: forAccount(async ({ locale, ...signedIn }, { url, context }) => {
        const userCode = url.searchParams.get('user_code') ?? ''
        const asked = await devices.ask({ ...context, userCode, ...signedIn })
        return page(
          (texts) =>
            asked.step === 'waiting'
              ? waitingPage(asked, addresses, texts)
              : deviceConsentPage(asked, addresses, texts),
          locale,
        )
      }),
    },
    {
      method: 'GET',
      path: `${PATH}/done`,
      respond: forAccount(({ locale }) => page(donePage, locale)),
    },
  ])
}
