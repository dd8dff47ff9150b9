import type { Actor } from '../../base/events.ts'
import { knownMembers } from '../../base/known-members.ts'
import { PARTITIONS, partitionOfKey } from '../../credentials/app-key.ts'
import { appKind, appsOfOwner, appsOfPartition } from '../../records/app.ts'
import type { StoreRecord } from '../../records/collection.ts'
import type { Pages } from '../../records/pages.ts'
import { accountInput, cursorInput, limitInput, objectInput, searchInput } from '../input/input.ts'
import { appView } from './app.ts'
import { appNotFound } from './app-errors.ts'
import type { AppRegistry } from './app-registry.ts'
import { isVisible, type VisibleApps } from './visible-apps.ts'

const LIST = knownMembers<NonNullable<Parameters<AppRegistry['list']>[0]>>(
  { owner: true, name: true, cursor: true, limit: true },
  { account: 'owner' },
)

/** Lists the apps of one owner or, with the host's authority, of all. */
export function createListApps(
  { pages, visibleApps }: { readonly pages: Pages; readonly visibleApps: VisibleApps },
  actor: Actor,
): AppRegistry['list'] {
  return async (query = {}) => {
    const { owner: asked = actor.account, name } = objectInput(query, 'query', LIST)
    const page = { ...cursorInput(query.cursor), limit: limitInput(query.limit) }
    const search = searchInput(name)
    const owner = asked === undefined ? undefined : accountInput(asked, 'owner')
    const authority = owner === undefined ? undefined : await visibleApps.reach(actor, owner)
    if (owner !== undefined && !authority) throw appNotFound()
    const show = async (records: readonly StoreRecord[]) => {
      const apps = records.map((record) => appKind.unpack(record))
      const shown = apps.map(async (app) => {
        if (app.state !== 'live' || !app.fields.foldedName.includes(search)) return undefined
        return authority && !(await isVisible(app, authority)) ? undefined : appView(app)
      })
      return Promise.all(shown)
    }
    const identity = ['apps', owner ?? '', search]
    const isSearch = search !== ''
    if (owner !== undefined) return pages.page({ identity, rows: [[appsOfOwner(owner)]], show, isSearch }, page)
    const rows = PARTITIONS.map((partition) => [appsOfPartition(partition)])
    const rowOf = (id: string) => PARTITIONS.indexOf(partitionOfKey(id))
    return pages.page({ identity, rows, rowOf, show, isSearch }, page)
  }
}
