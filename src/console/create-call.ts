import { createDeadline } from '../base/deadline.ts'
import { describeValue } from '../base/describe-value.ts'
import type { AppGrant } from '../create-app-grant.ts'
import type { RequestContext } from '../domain/apps/authenticate-app.ts'
import { meetsNeeds } from '../domain/input/user-authentication.ts'
import type { IncomingRequest } from '../http/wire/request.ts'
import { assertResponse } from '../http/wire/sign-in.ts'
import type { Match } from './addresses.ts'
import type { Call, Named, Said } from './call.ts'
import type { Context } from './context.ts'
import type { ConsoleSettings, DangerousActionName } from './options.ts'
import { isOpenedFromHere } from './same-origin.ts'
import { checkViewer, formProofOf, type Viewer } from './viewer.ts'

/** A request whose viewer is known. */
export interface Asked {
  readonly request: IncomingRequest
  readonly source: RequestContext
  readonly match: Match
  readonly query: URLSearchParams
  readonly viewer: Viewer
  readonly context: Context
}

export type CreateCall = (asked: Asked) => Call

const NAMES_TIMEOUT_MS = 1000
/** What gives an app, or the holder of its secret, more rights. The others take something away, and must be possible at once. */
const GIVING_RIGHTS: ReadonlySet<DangerousActionName> = new Set([
  'add-secret',
  'change-redirects',
  'keys',
  'publish',
  'regenerate',
  'resource-server',
  'trust',
])

/** @param failed - hears that the host could not name accounts; pages then show their ids. */
export function createCalls(
  appgrant: AppGrant,
  settings: ConsoleSettings,
  { clock, failed }: { readonly clock: () => number; readonly failed: (operation: string, cause: unknown) => void },
): CreateCall {
  const withinDeadline = createDeadline(NAMES_TIMEOUT_MS)

  async function namesOf(ids: readonly string[]): Promise<object> {
    if (ids.length === 0) return {}
    try {
      const names: unknown = await withinDeadline(
        () => settings.accounts.names(ids),
        (cause) => cause,
      )
      if (typeof names === 'object' && names !== null) return names
      throw new TypeError(`accounts.names: expected an object of names by id, received ${describeValue(names)}`)
    } catch (cause) {
      failed('accounts.names', cause)
      return {}
    }
  }

  /** The Response that signs in again; undefined if the viewer has signed in recently enough. */
  async function signInAgain(request: IncomingRequest, viewer: Viewer): Promise<Response | undefined> {
    const { freshSignInSeconds: maxAgeSeconds } = settings
    if (maxAgeSeconds === undefined || meetsNeeds({ maxAgeSeconds }, viewer, clock())) return undefined
    const signedIn = await settings.signIn(request.toRequest(), { maxAgeSeconds })
    if (signedIn instanceof Response) return signedIn
    const again = checkViewer(signedIn)
    // The form was made for this viewer, and is done for no other.
    const isSame = formProofOf(again) === formProofOf(viewer)
    if (isSame && meetsNeeds({ maxAgeSeconds }, again, clock())) return undefined
    throw new TypeError(
      'signIn: expected a Response that signs in again, because needs.maxAgeSeconds is not met: return authenticatedAt after it',
    )
  }

  return ({ request, source, match, query, viewer, context }) => {
    const { login } = viewer

    async function named(account: string | undefined, others: readonly (string | undefined)[] = []): Promise<Named> {
      const ids = [...new Set([account, ...others].filter((id) => id !== undefined))]
      const names = await namesOf(ids)
      const nameOf = (id: string) => {
        const name: unknown = Object.hasOwn(names, id) ? names[id as keyof typeof names] : undefined
        return typeof name === 'string' && name !== '' ? name : id
      }
      const isOther = account !== undefined && account !== viewer.account
      return { nameOf, context: isOther ? { ...context, actsFor: { account, name: nameOf(account) } } : context }
    }

    return {
      request,
      match,
      query,
      context,
      account: query.get('for') || viewer.account,
      said: isOpenedFromHere(request.headers, settings.url.origin) ? saidIn(query) : undefined,
      over(account) {
        const isHost = viewer.operator === true && (account === undefined || account !== viewer.account)
        // checkViewer requires the login of an operator, and the account of anybody else.
        if (isHost) return appgrant.asHost({ login: login ?? '' })
        return appgrant.as(viewer.account ?? '', { login, ...source })
      },
      named,
      async confirm(name, apps) {
        const signIn = GIVING_RIGHTS.has(name) ? await signInAgain(request, viewer) : undefined
        if (signIn) return signIn
        const reply: unknown = await settings.confirm(request.toRequest(), { name, apps, viewer })
        if (reply === undefined) return undefined
        // A host that returns false means no, and one that returns true might mean either.
        assertResponse('confirm', reply)
        return reply
      },
    }
  }
}

function saidIn(query: URLSearchParams): Said | undefined {
  const name = query.get('said')
  if (name === null) return undefined
  const count = query.get('count') ?? ''
  return {
    name,
    about: query.get('about') ?? undefined,
    count: /^\d{1,4}$/.test(count) ? Number(count) : undefined,
  }
}
