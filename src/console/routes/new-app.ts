import { randomBytes } from 'node:crypto'
import { isAppGrantError } from '../../base/errors.ts'
import type { FieldError } from '../../base/field-errors.ts'
import type { App } from '../../domain/apps/app.ts'
import type { NewApp } from '../../domain/apps/app-fields.ts'
import { html } from '../../frame/html.ts'
import type { Call, ConsoleRoute, Named, Reply } from '../call.ts'
import { NEW_APP, type NewAppValues } from '../forms/app-values.ts'
import { readJwks, readNewApp, rearranged } from '../forms/read-app.ts'
import { idlestApps } from '../pages/idlest-apps.ts'
import { newAppPage } from '../pages/new-app.ts'
import { note } from '../parts/note.ts'
import { ifKnown, refusedApis } from './app-readings.ts'
import { refusalOf } from './refusals.ts'
import { secretReply } from './secret.ts'

const ONCE_BYTES = 24
/** What one call lists. */
const MAX_LISTED = 1000
const IDLEST = 5

/** The account that an app is registered for, and what is allowed to it. */
interface Place {
  readonly account: string
  readonly mayTrust: boolean
  readonly refusedApis: readonly string[]
  readonly named: Named
}

/** @param tokenEndpoint - where apps get tokens; undefined if there is no issuer. */
export function newAppRoute(tokenEndpoint: string | undefined): ConsoleRoute {
  return {
    async get(call) {
      const place = await placeOf(call)
      if ('failure' in place) return place
      const once = randomBytes(ONCE_BYTES).toString('base64url')
      const allowed = Object.keys(call.context.apis).filter((name) => !place.refusedApis.includes(name))
      const apiType = allowed.length === 1 ? (allowed[0] ?? '') : ''
      return show(place, { values: { ...NEW_APP, apiType }, once })
    },

    async post(call, form) {
      const place = await placeOf(call)
      if ('failure' in place) return place
      const values = readNewApp(form)
      const once = form.get('once') ?? ''
      const changed = rearranged(form, values)
      if (changed) return show(place, { values: changed, once })
      // An app that is trusted from the beginning needs the same proof as one that becomes so.
      if (values.trusted && (await call.confirm('trust', []))) return { again: 'unconfirmed' }
      return register(call, place, { values, once, tokenEndpoint })
    },
  }
}

/** Where the host asks for proof before a trusted app is registered. The form itself is on the page that asked. */
export const confirmNewAppRoute: ConsoleRoute = {
  danger: 'trust',
  get: async ({ query, context }) => ({ redirect: context.to('newApp', { for: query.get('for') ?? '' }) }),
}

/** What the form is sent with. The same text names the same registration, so that sending it twice registers one app. */
interface Sent {
  readonly values: NewAppValues
  readonly once: string
}

async function placeOf(call: Call): Promise<Place | { readonly failure: 'notFound' | 'notPermitted' }> {
  const { account } = call
  if (account === undefined) return { failure: 'notFound' }
  const may = await call.over(account).permissions({ owner: account })
  if (may.registerApps === false) return { failure: 'notPermitted' }
  const refused = refusedApis(may.registerApps, call.context)
  return { account, mayTrust: may.trustApps, refusedApis: refused, named: await call.named(account) }
}

async function register(
  call: Call,
  place: Place,
  { values, once, tokenEndpoint }: Sent & { readonly tokenEndpoint: string | undefined },
): Promise<Reply> {
  const { context } = place.named
  const keys = values.authentication === 'jwks' ? readJwks(values.jwks) : undefined
  if (values.authentication === 'jwks' && !keys) return show(place, { values, once, errors: [NO_KEYS] })
  try {
    const { app, secret } = await call.over(place.account).apps.register({
      ...submitted(values),
      owner: place.account,
      once,
      ...(keys && { jwks: keys as NewApp['jwks'] & object }),
    })
    if (secret === undefined)
      return { redirect: context.to('app', { key: app.key, said: 'registered', about: app.key }) }
    return secretReply({ app, secret, made: 'registered' }, { context, tokenEndpoint })
  } catch (error) {
    if (isAppGrantError(error, 'already_registered')) {
      const key = error.details.app
      return { redirect: context.to('app', { key, said: 'already-registered', about: key }) }
    }
    if (isAppGrantError(error, 'invalid_fields')) return show(place, { values, once, errors: error.details.fields })
    const refusal = refusalOf(error, context.texts, { outcome_unknown: context.texts.notCertainRegistered })
    if (!refusal) throw error
    const idlest = isAppGrantError(error, 'app_limit_reached')
      ? await ifKnown(idlestOf(call, place.account))
      : undefined
    return show(place, { values, once, ...refusal, idlest })
  }
}

/** The apps of an account that were last used or registered the longest time ago, of its first thousand. */
async function idlestOf({ over }: Call, account: string): Promise<readonly App[]> {
  const { items } = await over(account).apps.list({ owner: account, limit: MAX_LISTED })
  const dayOf = ({ lastUsedOn, createdAt }: App) => lastUsedOn ?? createdAt.toISOString().slice(0, 10)
  return items.toSorted((one, other) => dayOf(one).localeCompare(dayOf(other))).slice(0, IDLEST)
}

/** Fields as the core takes them: what was left empty is absent, and what is required is then an error of the field. */
function submitted({ trusted, authentication, jwks: _, ...values }: NewAppValues): Omit<NewApp, 'owner'> {
  const { name, homepage, adminEmail, redirectUrls, scopes, ...optional } = values
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== ''))
  return { name, homepage, adminEmail, redirectUrls, scopes, ...given, trusted, public: authentication === 'none' }
}

const NO_KEYS: FieldError = {
  field: 'jwks',
  code: 'not_a_public_key',
  expected: '{"keys": […]}',
  received: 'something else',
}

function show(
  { account, named, ...allowed }: Place,
  sent: Sent & {
    readonly errors?: readonly FieldError[]
    readonly sentence?: string
    readonly status?: number
    /** Apps that the account may do without. */
    readonly idlest?: readonly App[] | undefined
  },
): Reply {
  const { context, nameOf } = named
  const { errors = [], sentence, status = errors.length > 0 ? 422 : 200, values, once, idlest = [] } = sent
  const idle = idlest.length > 0 && idlestApps(idlest, context)
  const message =
    sentence === undefined
      ? undefined
      : note({ tone: 'error', isAnnounced: true, body: html`<p>${sentence}</p>${idle}` })
  const view = { values, once, errors, conflicts: [], ...allowed, owner: nameOf(account), message, status }
  return { page: newAppPage(view, context), context }
}
