import assert from 'node:assert/strict'
import { inspect } from 'node:util'
import { createAppGrant } from '../../src/index.ts'
import type { Store, StoreRecord } from '../../src/store/store.ts'
import { changed, groupOf, inMs, record } from '../../src/testing/sample-records.ts'

/** Texts that no error, event or warning may contain. */
export const CANARIES = {
  password: 'canary-Password-8b1f',
  data: 'canary-Data-51c7',
  revision: 'canaryRevision93',
  group: 'canary-Group-2d06',
  email: 'canary-email@canary.example',
  phone: '+40212334455',
} as const

/** A record with canaries in everything that a driver could quote. */
export function canaryRecord(fields: Partial<StoreRecord> = {}): StoreRecord {
  const data = JSON.stringify({ secret: CANARIES.data, email: CANARIES.email, "quo'ted": `{"${CANARIES.data}'` })
  return record({ groups: [CANARIES.group], revision: CANARIES.revision + record().revision, data, ...fields })
}

/** Collects what a store and core let out while something fails. */
export interface Listener {
  /** Makes every call of the port, directly and through core, and `prepare()` if there is one. Returns how many failed. */
  callAll(store: Store & { prepare?(): Promise<void> }): Promise<number>
  /** Keeps the error of one call. */
  catching(call: Promise<unknown>): Promise<unknown>
  /** Fails if anything that was let out shows a canary, or if nothing was let out. */
  expectNoCanaries(): void
  stop(): void
}

/** Hears errors, events, warnings and what drivers print, until it is stopped. */
export function listenForCanaries(): Listener {
  const letOut: unknown[] = []
  const hear = (warning: unknown) => void letOut.push(warning)
  process.on('warning', hear)
  process.on('unhandledRejection', hear)
  const { warn, error, log } = console
  const print = (...args: unknown[]) => void letOut.push(args)
  Object.assign(console, { warn: print, error: print, log: print })

  const catching = async (call: Promise<unknown>) => {
    try {
      await call
      return undefined
    } catch (caught) {
      letOut.push(caught)
      return caught
    }
  }
  const throughCore = async (store: Store) => {
    const appgrant = createAppGrant({ store: { ...store, close: async () => {} }, issuer: 'https://host.example' })
    for (const type of ['app', 'token', 'install', 'refused', 'outage'] as const) appgrant.events.on(type, hear)
    const fields = {
      owner: 'org',
      name: 'App',
      homepage: 'https://app.example/',
      adminEmail: CANARIES.email,
      adminPhone: CANARIES.phone,
      trusted: true,
    }
    const secret = CANARIES.data.padEnd(32, 'x')
    // Beside each other, because each may last as long as the deadline.
    await Promise.all(
      [
        appgrant.apps.register(fields),
        appgrant.apps.list(),
        appgrant.authorizer.clientCredentials({ key: 'Ab'.padEnd(32, 'x'), secret }),
      ].map(catching),
    )
    await appgrant.close()
  }
  return {
    catching,
    async callAll(store) {
      const [app, token] = [canaryRecord(), canaryRecord({ expiresAt: inMs(60_000) })]
      const calls: (() => Promise<unknown> | undefined)[] = [
        () => store.get([app, token]),
        () => store.insert(app),
        () => store.insert(token),
        () => store.insert(token, { durable: true }),
        () => store.insert(canaryRecord(), { limit: { group: CANARIES.group, max: 5 } }),
        () => store.replace(app, changed(app, { revision: `${CANARIES.revision}b` })),
        () => store.list(groupOf(CANARIES.group), { limit: 5 }),
        () => store.count(groupOf(CANARIES.group), 0),
        () => store.watch?.(() => {}),
        () => store.prepare?.(),
      ]
      const core = throughCore(store)
      let failed = 0
      for (const call of calls) if ((await catching((async () => call())())) !== undefined) failed++
      await core
      return failed
    },
    expectNoCanaries() {
      assert.notEqual(letOut.length, 0, 'nothing failed')
      for (const one of letOut) {
        // What `inspect` shows, and what code that walks over properties finds.
        const shown = inspect(one, { depth: 12, showHidden: true, maxStringLength: null, maxArrayLength: null })
        for (const [name, canary] of Object.entries(CANARIES))
          assert.ok(!shown.includes(canary), `${name} is in ${shown}`)
      }
    },
    stop() {
      process.off('warning', hear)
      process.off('unhandledRejection', hear)
      Object.assign(console, { warn, error, log })
    },
  }
}
