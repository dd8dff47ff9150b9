import { type BoundedMap, createBoundedMap } from '../../base/bounded-map.ts'
import type { Actor } from '../../base/events.ts'
import { knownMembers } from '../../base/known-members.ts'
import { digestOf } from '../../credentials/digest.ts'
import { aliasAt, aliasName, type StoredAlias } from '../../records/alias.ts'
import { appKind, appRef, appsOfOwner, type LiveApp, type StoredApp } from '../../records/app.ts'
import { askingOnce } from '../accounts/accounts.ts'
import { invalidRequest, isTextList, objectInput } from '../input/input.ts'
import { onlyHost } from './app-errors.ts'
import type { AppRegistry, RegistryParts } from './app-registry.ts'
import type { ImportError, ImportOptions, ImportResult } from './imported-app.ts'
import type { Imported } from './imported-install.ts'
import { readImportedApp } from './read-imported-app.ts'
import { readImportedInstall } from './read-imported-install.ts'
import { dryRunInput, isInstall, runImport } from './run-import.ts'

const OPTIONS = knownMembers<ImportOptions>({ dryRun: true, drop: true, onResult: true })
const LISTS = ['redirectUrls', 'scopes']
/** The keys of about 50,000 apps are remembered, so that one that occurs again is noticed, and a dry run knows whose installs follow. */
const SEEN = { maxBytes: 16 * 1024 * 1024 }
const SEEN_BYTES = 160

/** An app of an entry that was read. */
interface Seen {
  readonly entry: number
  /** Whether it would be there by now, if this was not a dry run. */
  readonly isPlanned: boolean
}

const UNKNOWN_APP: ImportError = {
  field: 'app',
  code: 'unknown_app',
  expected: 'the key of an app that is there, or was imported before its installs',
  received: 'another',
}
const KEY_IN_USE: Imported = {
  outcome: 'refused',
  errors: [keyError('key_in_use', 'a key that no other app has, or had until it was removed', 'one that is taken')],
}

/**
 * Imports apps, and what accounts have authorized them to do (APP-10). The app is stored first, then its alias: until that is there,
 * nobody finds the app by its key. The key of the app is derived from the one that is imported, so a repeat after a crash in between
 * finds the app and stores the alias.
 */
export function createImportApps(parts: RegistryParts, actor: Actor): AppRegistry['import'] {
  const { collection, pages, accounts, events, appsPerOwner, findApp } = parts

  return async (entries, options = {}) => {
    const { drop, onResult, dryRun } = objectInput(options, 'options', OPTIONS)
    const isDry = dryRunInput(dryRun)
    if (drop !== undefined && !(isTextList(drop, LISTS.length) && drop.every((list) => LISTS.includes(list))))
      throw invalidRequest('drop', `a list of ${LISTS.join(' and ')}`, drop)
    if (actor.account !== undefined) throw onlyHost('can import apps')
    const seen = createBoundedMap<Seen>(SEEN)
    const planned = createBoundedMap<Promise<number>>(SEEN)
    return runImport(entries, { onResult }, () => {
      const asked = askingOnce(accounts)
      const apps = new Map<string, Promise<StoredApp | undefined>>()

      async function importApp(entry: unknown, number: number): Promise<ImportResult> {
        const { key, app, errors, dropped } = await readImportedApp(entry, { drop, parts, accounts: asked })
        const result = { entry: number, type: 'app', key, dropped } as const
        if (!app) return { ...result, outcome: 'refused', errors }
        const name = digestOf(key)
        const first = seen.get(name)?.entry
        if (first !== undefined)
          return {
            ...result,
            outcome: 'refused',
            errors: [keyError('duplicate', 'each key once', `that of entry ${first}`)],
          }
        const see = (isPlanned: boolean) => seen.set(name, { entry: number, isPlanned }, { bytes: SEEN_BYTES })
        see(false)
        const imported = await (isDry ? plan(app, planned) : store(app))
        if (imported.outcome === 'would_import') see(true)
        return { ...result, ...resultOf(imported, app) }
      }

      async function importInstall(entry: object, number: number): Promise<ImportResult> {
        const { key, account, install, errors } = await readImportedInstall(entry, { ...parts, accounts: asked })
        const result = { entry: number, type: 'install', key, account, dropped: [] } as const
        if (!install) return { ...result, outcome: 'refused', errors }
        const finding = apps.get(key) ?? findApp.find(key)
        apps.set(key, finding)
        const app = await finding
        if (app?.state !== 'live') {
          if (isDry && seen.get(digestOf(key))?.isPlanned) return { ...result, outcome: 'would_import', errors }
          return { ...result, outcome: 'refused', errors: [UNKNOWN_APP] }
        }
        return { ...result, ...resultOf(await parts.importInstall(app, install, { isDry, actor }), app) }
      }

      return (entry, number) => (isInstall(entry) ? importInstall(entry, number) : importApp(entry, number))
    })
  }

  async function store(app: LiveApp): Promise<Imported> {
    const stored = (await look(app)) ?? (await insertApp(app))
    if (stored.outcome !== 'imported' && stored.outcome !== 'exists') return stored
    // Also if the app is there: who stored it may not have stored its alias, and may lose it to another owner's import.
    const refused = await storeAlias(app)
    if (refused) return refused
    if (stored.outcome === 'imported') events.emit('app', actor, { change: 'imported', app: app.key })
    return stored
  }

  async function insertApp(app: LiveApp): Promise<Imported> {
    const limit = { group: appsOfOwner(app.owner).group, max: appsPerOwner }
    const inserted = await collection.insert<StoredApp>(appKind, app, { limit })
    if (inserted === 'full') return { outcome: 'limit_reached' }
    if (inserted === 'inserted') return { outcome: 'imported' }
    // Another import was faster, or the app was removed meanwhile.
    return (await look(app)) ?? KEY_IN_USE
  }

  /** What is there already. Undefined if nothing is. */
  async function look({ key, owner, importedKey }: LiveApp): Promise<Imported | undefined> {
    const alias = importedKey === undefined ? undefined : await loadAlias(importedKey)
    const app = await collection.load<StoredApp>(appKind, appRef(key))
    const isTaken = alias && (alias.state === 'removed' || alias.app !== key)
    if (isTaken || app?.state === 'removed' || (app && app.owner !== owner)) return KEY_IN_USE
    return app && { outcome: 'exists' }
  }

  /** Undefined if the alias leads to the app. If it leads to another one, an import for another owner was faster, and the app is removed. */
  async function storeAlias({ key, importedKey }: LiveApp): Promise<Imported | undefined> {
    if (importedKey === undefined) return undefined
    const name = aliasName(importedKey)
    const inserted = await collection.insert(aliasAt(name).kind, { state: 'live', name, app: key }, { durable: true })
    if (inserted === 'inserted') return undefined
    const stored = await loadAlias(importedKey)
    if (stored?.state === 'live' && stored.app === key) return undefined
    await parts.removeApp(key)
    return KEY_IN_USE
  }

  function loadAlias(importedKey: string): Promise<StoredAlias | undefined> {
    const { kind, ref } = aliasAt(aliasName(importedKey))
    return collection.load(kind, ref)
  }

  /** What `store` would do. The owner's apps are counted once, and those that would be registered with them. */
  async function plan(app: LiveApp, planned: BoundedMap<Promise<number>>): Promise<Imported> {
    const known = await look(app)
    if (known) return known
    const before = planned.get(app.owner) ?? pages.count([appsOfOwner(app.owner)], 0)
    const after = before.then((count) => Math.min(count + 1, appsPerOwner + 1))
    planned.set(app.owner, after, { bytes: SEEN_BYTES + 2 * app.owner.length })
    return { outcome: (await after) > appsPerOwner ? 'limit_reached' : 'would_import' }
  }
}

/** What became of an entry, and the key of its app here if that is stored. */
function resultOf({ outcome, errors = [] }: Imported, { key }: LiveApp) {
  const isStored = outcome === 'imported' || outcome === 'exists'
  return { outcome, errors, ...(isStored && { app: key }) }
}

function keyError(code: ImportError['code'], expected: string, received: string): ImportError {
  return { field: 'key', code, expected, received }
}
