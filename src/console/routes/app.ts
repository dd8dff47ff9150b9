import { isAppGrantError } from '../../base/errors.ts'
import type { FieldError } from '../../base/field-errors.ts'
import type { Call, ConsoleRoute, Reply } from '../call.ts'
import { type AppValues, type Conflict, changesOf, type Snapshot, snapshotOf } from '../forms/app-values.ts'
import { readAppValues, readSnapshot, rearranged } from '../forms/read-app.ts'
import type { Form } from '../forms/read-form.ts'
import { warning } from '../messages.ts'
import { appPage } from '../pages/app.ts'
import { appOf, appViewOf, type ReadApp, refusedApis, suspender, valuesOf } from './app-readings.ts'
import { type Notice, saidIn } from './notice.ts'
import { refusalOf } from './refusals.ts'

export const appRoute: ConsoleRoute = {
  get: (call) => showApp(call),
  post: (call, form) => save(call, form),
}

/** Where the host asks for proof before redirect URLs are changed. The form itself is on the page that asked. */
export const confirmChangeRoute: ConsoleRoute = {
  danger: 'change-redirects',
  get: async ({ match, context }) => ({ redirect: context.to('app', { key: match.parts.key }) }),
}

/** What the form of the page has, if it is not what is stored. */
interface Sent {
  readonly values: AppValues
  readonly was: Snapshot
  readonly errors?: readonly FieldError[]
  readonly conflicts?: readonly Conflict[]
}

/** The page of the app of the address. */
export async function showApp(
  call: Call,
  { notice, sent, app: read }: { readonly notice?: Notice; readonly sent?: Sent; readonly app?: ReadApp } = {},
): Promise<Reply> {
  const app = read ?? (await appOf(call))
  const may = await call.over(app.owner).permissions({ owner: app.owner })
  const message = notice?.message ?? (await saidIn(call, [app]))
  const named = await call.named(app.owner, [suspender(app)])
  const { context } = named
  const { values, was, errors = [], conflicts = [] } = sent ?? { values: valuesOf(app), was: undefined }
  const status = notice?.status ?? (errors.length > 0 ? 422 : conflicts.length > 0 ? 409 : 200)
  const refused = refusedApis(may.registerApps, context).filter((name) => name !== app.apiType)
  const content = appPage(
    {
      app: appViewOf(app, named, { trust: may.trustApps }),
      form: { values, errors, conflicts, refusedApis: refused },
      ...(was && { was }),
      status,
      message,
    },
    context,
  )
  return { page: { ...content, failed: status >= 400 }, context }
}

/** @param isRepeated - whether the app was changed between being read and being written. */
async function save(call: Call, form: Form, isRepeated = false): Promise<Reply> {
  const app = await appOf(call)
  const stored = valuesOf(app)
  const read = readAppValues(form)
  // A page that offers no API types sends none, and a radio button that is disabled is not sent either.
  const kept = {
    ...(!form.has('apiType') && { apiType: stored.apiType }),
    // Of a checkbox that is not there, as of one that is empty, nothing is sent.
    ...(!call.context.bindsKeys && { dpopBoundAccessTokens: stored.dpopBoundAccessTokens }),
  }
  const typed = { ...read, ...kept }
  const was = readSnapshot(form)
  const again = rearranged(form, typed)
  if (again) return showApp(call, { app, sent: { values: again, was } })
  const { changed, conflicts } = changesOf({ was, stored, typed })
  // What nobody typed into is shown as it is now, and the next OK is made from that.
  const merged = { values: { ...stored, ...changed }, was: snapshotOf(stored), conflicts }
  if (conflicts.length > 0) return showApp(call, { app, sent: merged })
  const { to, texts } = call.context
  const here = { key: app.key, about: app.key }
  if (Object.keys(changed).length === 0) return { redirect: to('app', { ...here, said: 'unchanged' }) }
  if (changed.redirectUrls && (await call.confirm('change-redirects', [app.key]))) return { again: 'unconfirmed' }
  try {
    await call.over(app.owner).apps.update(app.key, changed, {
      expected: Object.fromEntries(Object.keys(changed).map((name) => [name, stored[name as keyof AppValues]])),
    })
    return { redirect: to('app', { ...here, said: 'saved' }) }
  } catch (error) {
    if (isAppGrantError(error, 'invalid_fields'))
      return showApp(call, { app, sent: { values: typed, was, errors: error.details.fields } })
    if (isAppGrantError(error, 'conflict') && !isRepeated) return save(call, form, true)
    const refusal = refusalOf(error, texts)
    if (!refusal) throw error
    const notice = { message: warning(refusal.sentence), status: refusal.status }
    return showApp(call, { app, notice, sent: { values: typed, was } })
  }
}
