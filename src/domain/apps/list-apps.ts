import type { Actor } from '../../base/events.ts'
import { knownMembers } from '../../base/known-members.ts'
import { PARTITIONS, partitionOfKey } from '../../credentials/app-key.ts'
import { appKind, appsOfOwner, appsOfPartition, type LiveApp, type StoredApp } from '../../records/app.ts'
import type { StoreRecord } from '../../records/collection.ts'
import type { ListOf, Page } from '../../records/pages.ts'
import { accountInput, cursorInput, limitInput, objectInput, searchInput } from '../input/input.ts'
import { type App, appView } from './app.ts'
import { type CountApps, createCountApps, type Epoch } from './app-counts.ts'
import { appNotFound } from './app-errors.ts'
import type { AppQuery, AppRegistry, RegistryParts } from './app-registry.ts'
import { type Authority, isVisible } from './visible-apps.ts'

const LIST = knownMembers<AppQuery>(
  { owner: true, name: true, counts: true, cursor: true, limit: true },
  { account: 'owner' },
)
const GET = knownMembers<NonNullable<Parameters<AppRegistry['get']>[1]>>({ counts: true })

/** Lists the apps of one owner or, with the host's authority, of all. */
export function createListApps(parts: RegistryParts, actor: Actor): Pick<AppRegistry, 'get' | 'list'> {
  const { pages, visibleApps } = parts
  const countApps = createCountApps(parts, actor)

  async function get(key: string, options: { readonly counts?: boolean | undefined } = {}): Promise<App | undefined> {
    const { counts = false } = objectInput(options, 'options', GET)
    const startedAt = performance.now()
    const found = await visibleApps.findWithAuthority(actor, key)
    if (!found) return undefined
    return (await view([found.app], counts && { epoch: epochOf(found.authority), startedAt }))[0]
  }

  async function list(query: AppQuery = {}): Promise<Page<App>> {
    const { owner: asked = actor.account, name, counts = false } = objectInput(query, 'query', LIST)
    const page = { ...cursorInput(query.cursor), limit: limitInput(query.limit) }
    const search = searchInput(name)
    const owner = asked === undefined ? undefined : accountInput(asked, 'owner')
    const startedAt = performance.now()
    const authority = owner === undefined ? undefined : await visibleApps.reach(actor, owner)
    if (owner !== undefined && !authority) throw appNotFound()
    const shown = async (app: StoredApp): Promise<LiveApp | undefined> => {
      if (app.state !== 'live' || !app.fields.foldedName.includes(search)) return undefined
      return !authority || (await isVisible(app, authority)) ? app : undefined
    }
    const show = (records: readonly StoreRecord[]) => Promise.all(records.map((one) => shown(appKind.unpack(one))))
    const identity = ['apps', owner ?? '', search]
    const isSearch = search !== ''
    const rowOf = (id: string) => PARTITIONS.indexOf(partitionOfKey(id))
    const list: ListOf<LiveApp> =
      owner === undefined
        ? { identity, rows: PARTITIONS.map((partition) => [appsOfPartition(partition)]), rowOf, show, isSearch }
        : { identity, rows: [[appsOfOwner(owner)]], show, isSearch }
    const { items, ...rest } = await pages.page(list, page)
    return { ...rest, items: await view(items, counts && { epoch: authority && epochOf(authority), startedAt }) }
  }

  async function view(
    apps: readonly LiveApp[],
    counted: false | Parameters<CountApps>[1],
  ): Promise<readonly App[]> {
    if (!counted) return apps.map(appView)
    const numbers = await countApps(apps, counted)
    return apps.map((app, at) => ({ ...appView(app), ...numbers[at] }))
  }

  // What `counts` adds is in the overloads only.
  return { get, list } as Pick<AppRegistry, 'get' | 'list'>
}

/** The epoch of the acting account; undefined for the host, which has none. */
function epochOf({ actorLineage: [actor] }: Authority): Epoch | undefined {
  return actor && { epoch: actor.epoch }
}
