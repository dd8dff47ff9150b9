import type { Call, ConsoleRoute, Named, Reply } from '../call.ts'
import { type AppFilters, IDLE_DAYS } from '../pages/app-filters.ts'
import { type AppRow, appsPage } from '../pages/apps.ts'
import { tokensDialog } from '../pages/tokens.ts'
import { type ReadApp, statusOf, suspender, tagsOf, websiteOf } from './app-readings.ts'
import { type Notice, saidIn, withNotice } from './notice.ts'
import { readPage } from './read-page.ts'
import { readTokens } from './read-tokens.ts'

export const appsRoute: ConsoleRoute = {
  get: (call) => showApps(call, { tokensOf: call.query.get('tokens') ?? '' }),
}

/**
 * The list of apps that the address is for.
 *
 * @param options - `tokensOf`: the app whose tokens are shown over the list.
 */
export async function showApps(
  call: Call,
  { notice, tokensOf = '' }: { readonly notice?: Notice; readonly tokensOf?: string } = {},
): Promise<Reply> {
  const { query, account } = call
  if (account === undefined) return { redirect: call.context.to('all') }
  const { apps } = call.over(account)
  const filters = filtersIn(query)
  const [may, { items, list, changed }] = await Promise.all([
    call.over(account).permissions({ owner: account }),
    readPage({ cursor: query.get('cursor'), search: filters.name, context: call.context }, (page) =>
      apps.list({ owner: account, ...narrowed(filters), counts: true, order: 'newest', ...page }),
    ),
  ])
  const tokens = tokensOf === '' ? undefined : await readTokens(call, { app: tokensOf, account, cursor: null })
  const said = notice?.message ?? changed ?? (await saidIn(call, items))
  const { context, nameOf } = await call.named(account, items.map(suspender))
  const place = { for: context.actsFor?.account, ...filters, cursor: list.cursor }
  const back = { to: context.to('apps', place), text: context.texts.apps, from: 'apps', query: place }
  const content = appsPage(
    {
      owner: nameOf(account),
      rows: items.map((app) => rowOf(app, { context, nameOf })),
      filters,
      list,
      mayRegister: may.registerApps !== false,
      message: tokens ? undefined : said,
      over: tokens && tokensDialog({ ...tokens, account: nameOf(account), message: said, back }, context),
    },
    context,
  )
  return withNotice(content, notice, context)
}

/** What the query of an address narrows the list by. */
export function filtersIn(query: URLSearchParams): AppFilters {
  const [status, trust] = [query.get('status'), query.get('trust')]
  return {
    name: query.get('name') ?? '',
    status: status === 'active' || status === 'suspended' ? status : '',
    trust: trust === 'trusted' || trust === 'untrusted' ? trust : '',
    api: query.get('api') ?? '',
    idle: IDLE_DAYS.find((days) => days === query.get('idle')) ?? '',
  }
}

function narrowed({ name, status, trust, api, idle }: AppFilters) {
  return {
    ...(name !== '' && { name }),
    ...(status !== '' && { suspended: status === 'suspended' }),
    ...(trust !== '' && { trusted: trust === 'trusted' }),
    ...(api !== '' && { apiType: api }),
    ...(idle !== '' && { unusedDays: Number(idle) }),
  }
}

function rowOf(app: ReadApp, named: Named): AppRow {
  const { key, name, description, instances, liveTokens, createdAt, lastUsedOn } = app
  const facts = { key, name, ...websiteOf(app), description, instances, liveTokens, createdAt, lastUsedOn }
  return { ...facts, status: statusOf(app, named), tags: tagsOf(app, named.context) }
}
