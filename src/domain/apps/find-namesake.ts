import { appKind, appsOfName, type LiveApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import type { Pages } from '../../records/pages.ts'
import { type App, appView } from './app.ts'

/**
 * What to show of the oldest app of the same owner that has the same name when it is folded, but is not of the same program. Reads one
 * page, however many apps the owner has.
 *
 * @param app - one that has registered itself, or that is not stored.
 */
export async function findNamesake(
  app: LiveApp,
  { collection, pages }: { readonly collection: Collection; readonly pages: Pages },
): Promise<{ readonly namesake?: App }> {
  const { owner, fields, epoch, origin: { identity } = {} } = app
  const group = appsOfName({ owner, foldedName: fields.foldedName })
  for await (const records of pages.walk(group, { position: 0, id: '' })) {
    const named = records.map((record) => collection.unpack(appKind, record)).filter((one) => one.state === 'live')
    const found = named.find(
      (one) => one.epoch === epoch && (identity === undefined || one.origin?.identity !== identity),
    )
    return found ? { namesake: appView(found) } : {}
  }
  return {}
}
