import { isAppGrantError } from '../../base/errors.ts'
import { fewAtOnce } from '../../base/few-at-once.ts'
import type { Call, ConsoleRoute, Reply } from '../call.ts'
import { selection } from '../forms/read-form.ts'
import { warning } from '../messages.ts'
import { allAppsPage } from '../pages/all.ts'
import { type ReadApp, statusOf, suspender } from './app-readings.ts'
import { eachOf } from './each-of.ts'
import { type Notice, saidIn, withNotice } from './notice.ts'
import { type ReadPage, readPage } from './read-page.ts'

export const allRoute: ConsoleRoute = { isForOperator: true, get: (call) => showAll(call) }

/** Every app of every account, or those that a search finds. */
export async function showAll(call: Call, notice?: Notice): Promise<Reply> {
  const search = call.query.get('name') ?? ''
  const { items, list, changed } = await found(call, search)
  const message = notice?.message ?? changed ?? (await saidIn(call, items))
  const { context, nameOf } = await call.named(
    undefined,
    items.flatMap((app) => [app.owner, suspender(app)]),
  )
  const rows = items.map((app) => ({
    key: app.key,
    name: app.name,
    owner: { account: app.owner, name: nameOf(app.owner) },
    status: statusOf(app, { nameOf }),
    published: app.published,
    resourceServer: app.resourceServer,
    instances: app.instances,
    createdAt: app.createdAt,
    lastUsedOn: app.lastUsedOn,
    origin: app.origin,
  }))
  const content = allAppsPage({ rows, search, list, message }, context)
  return withNotice(content, notice, context)
}

/** By a whole key, by a whole account or, if there is nothing of either, by a part of the name. */
async function found({ query, over, context }: Call, search: string): Promise<ReadPage<ReadApp>> {
  const { apps } = over(undefined)
  const cursor = query.get('cursor')
  if (cursor === null && search !== '') {
    const app = await unlessMalformed(apps.get(search, { counts: true }))
    if (app) return { items: [app], list: { isFirst: true }, changed: undefined }
  }
  const listBy = (narrowed: { owner?: string; name?: string }) =>
    readPage({ cursor, search, context }, (page) => apps.list({ ...narrowed, ...page, counts: true }))
  if (search === '') return listBy({})
  const owned = await unlessMalformed(listBy({ owner: search }))
  // A cursor is of one of the two lists, and the other one says that it has changed.
  return owned && owned.items.length > 0 && !owned.changed ? owned : listBy({ name: search })
}

/** A search need not have the form of a key or of an account. */
async function unlessMalformed<Result>(read: Promise<Result>): Promise<Result | undefined> {
  try {
    return await read
  } catch (error) {
    if (isAppGrantError(error, 'invalid_request', 'app_not_found')) return undefined
    throw error
  }
}

/** Suspends the selected apps with the authority of the host. */
export const suspendAllRoute: ConsoleRoute = {
  isForOperator: true,
  get: async ({ context }) => ({ redirect: context.to('all') }),
  async post(call, form) {
    const { texts, to } = call.context
    const keys = selection(form, 'app')
    if (!keys) return { failure: 'invalidRequest' }
    if (keys.length === 0) return showAll(call, { message: warning(texts.selectApp), status: 422 })
    const { apps } = call.over(undefined)
    const found = await fewAtOnce(keys, (key) => apps.get(key))
    const known = found.filter((app) => app !== undefined)
    return eachOf(known, ({ key }) => apps.suspend(key), {
      context: call.context,
      tab: 'all',
      title: texts.suspendSelected,
      done: texts.suspended,
      back: to('all'),
      redirect: to('all', { said: 'apps-suspended', count: String(known.length) }),
    })
  },
}
