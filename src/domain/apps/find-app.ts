import { isKey, keyOfImported } from '../../credentials/app-key.ts'
import { aliasAt, aliasName } from '../../records/alias.ts'
import { appKind, appRef, type StoredApp } from '../../records/app.ts'
import type { Collection, Remembered } from '../../records/collection.ts'

const IMPORTED_KEY = /^[\x21-\x7e]{1,255}$/

/** Finds apps by the key that they are known by: their own or, if they were imported, the one that they had before. */
export interface FindApp {
  /**
   * One round trip for a text with the form of a key of this package, unless an app was imported with it, and two for any other,
   * whether there is an app or not (S22). Anything that cannot be a key is not looked up.
   */
  find(key: string): Promise<StoredApp | undefined>
  /** The app as this process read it last, if it is remembered. */
  recall(key: string): Remembered<StoredApp> | undefined
}

/** Whether the text can be the key of an imported app. */
export function isImportedKey(text: string): boolean {
  return IMPORTED_KEY.test(text)
}

export function createFindApp(collection: Collection): FindApp {
  return {
    async find(key) {
      if (isKey(key)) {
        const app = await collection.load(appKind, appRef(key))
        const leadsTo = app?.state === 'removed' ? app.leadsTo : undefined
        return leadsTo === undefined ? app : collection.load(appKind, appRef(leadsTo))
      }
      if (!isImportedKey(key)) return undefined
      const { kind, ref } = aliasAt(aliasName(key))
      const alias = await collection.load(kind, ref)
      const app = alias?.state === 'live' ? alias.app : keyOfImported({ owner: '', importedKey: key })
      return collection.load(appKind, appRef(app))
    },
    recall(key) {
      if (isKey(key)) {
        const known = collection.recall(appKind, appRef(key))
        const leadsTo = known?.value.state === 'removed' ? known.value.leadsTo : undefined
        return leadsTo === undefined ? known : collection.recall(appKind, appRef(leadsTo))
      }
      if (!isImportedKey(key)) return undefined
      const { kind, ref } = aliasAt(aliasName(key))
      const alias = collection.recall(kind, ref)?.value
      return alias?.state === 'live' ? collection.recall(appKind, appRef(alias.app)) : undefined
    },
  }
}
