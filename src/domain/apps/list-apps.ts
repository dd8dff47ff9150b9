import type { Actor } from '../../base/events.ts'
import { knownMembers } from '../../base/known-members.ts'
import { PARTITIONS, partitionOfKey } from '../../credentials/app-key.ts'
import { appKind, appsOfOwner, appsOfPartition, type LiveApp, type StoredApp } from '../../records/app.ts'
import type { StoreRecord } from '../../records/collection.ts'
import type { ListOf, Page } from '../../records/pages.ts'
import { accountInput, cursorInput, invalidRequest, limitInput, objectInput } from '../input/input.ts'
import { type App, appView } from './app.ts'
import { createCountApps } from './app-counts.ts'
import { appNotFound } from './app-errors.ts'
import { appFilter } from './app-filter.ts'
import type { AppQuery, AppRegistry, RegistryParts } from './app-registry.ts'
import { standingOf } from './app-standing.ts'
import { type Authority, isVisible } from './visible-apps.ts'

const LIST = knownMembers<AppQuery>(
  {
    owner: true,
    order: true,
    name: true,
    suspended: true,
    trusted: true,
    apiType: true,
    unusedDays: true,
    counts: true,
    cursor: true,
    limit: true,
  },
  { account: 'owner', sort: 'order', api: 'apiType', idle: 'unusedDays' },
)
const GET = knownMembers<NonNullable<Parameters<AppRegistry['get']>[1]>>({ counts: true })

/** Lists the apps of one owner or, with the host's authority, of all. */
export function createListApps(parts: RegistryParts, actor: Actor): Pick<AppRegistry, 'get' | 'list'> {
  const { pages, visibleApps, clock } = parts
  const countApps = createCountApps(parts)

  async function get(key: string, options: { readonly counts?: boolean | undefined } = {}): Promise<App | undefined> {
    const { counts = false } = objectInput(options, 'options', GET)
    const startedAt = performance.now()
    const found = await visibleApps.findWithAuthority(actor, key)
    if (!found) return undefined
    return (await view([found.app], found.authority, counts && { startedAt }))[0]
  }

  async function list(query: AppQuery = {}): Promise<Page<App>> {
    const { owner: asked = actor.account, counts = false } = objectInput(query, 'query', LIST)
    const page = { ...cursorInput(query.cursor), limit: limitInput(query.limit) }
    const owner = asked === undefined ? undefined : accountInput(asked, 'owner')
    const isReversed = isNewestFirst(query.order, owner)
    const filter = appFilter(query, clock())
    const startedAt = performance.now()
    const authority = owner === undefined ? undefined : await visibleApps.reach(actor, owner)
    if (owner !== undefined && !authority) throw appNotFound()
    const shown = async (app: StoredApp): Promise<LiveApp | undefined> => {
      if (app.state !== 'live' || !filter.matches(app)) return undefined
      return !authority || (await isVisible(app, authority)) ? app : undefined
    }
    const show = (records: readonly StoreRecord[]) => Promise.all(records.map((one) => shown(appKind.unpack(one))))
    const identity = ['apps', owner ?? '', isReversed ? 'newest' : 'oldest', ...filter.identity]
    const rows =
      owner === undefined
        ? { rows: PARTITIONS.map((partition) => [appsOfPartition(partition)]), rowOf: partitionAt }
        : { rows: [[appsOfOwner(owner)]] }
    const list: ListOf<LiveApp> = { ...rows, identity, show, isSearch: filter.isSearch, isReversed }
    const { items, ...rest } = await pages.page(list, page)
    return { ...rest, items: await view(items, authority, counts && { startedAt }) }
  }

  async function view(
    apps: readonly LiveApp[],
    authority: Authority | undefined,
    counted: false | { readonly startedAt: number },
  ): Promise<readonly App[]> {
    if (!counted) return apps.map(appView)
    const standings = await Promise.all(apps.map((app) => standingOf(app, authority)))
    const numbers = await countApps(apps, { authority, ...counted })
    return apps.map((app, at) => ({ ...appView(app), ...standings[at], ...numbers[at] }))
  }

  // What `counts` adds is in the overloads only.
  return { get, list } as Pick<AppRegistry, 'get' | 'list'>
}

/** The place of an app's partition in the list of all apps. */
function partitionAt(key: string): number {
  return PARTITIONS.indexOf(partitionOfKey(key))
}

function isNewestFirst(order: unknown, owner: string | undefined): boolean {
  if (order !== undefined && order !== 'oldest' && order !== 'newest')
    throw invalidRequest('order', 'oldest or newest', order)
  if (order !== undefined && owner === undefined)
    throw invalidRequest('order', 'an order only with an owner, because all apps are in no particular order', order)
  return order === 'newest'
}
