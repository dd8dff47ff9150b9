import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { createHandler } from '../../src/http/index.ts'
import { createAppGrant, type Store } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { accountTree } from '../support/account-tree.ts'
import { codeOf } from '../support/code-of.ts'
import { basic } from '../support/http-fixture.ts'
import { ISSUER } from '../support/session-fixture.ts'

const MOST = 10_000

/** A store that keeps calls about tokens waiting while it is told to, and counts the calls of each method. */
function waitingStore() {
  const inner = memoryStore()
  const calls = { get: 0, insert: 0 }
  let waiting: Promise<void> | undefined
  let release = () => {}
  const store: Store = {
    ...inner,
    async get(refs) {
      calls.get++
      if (refs[0]?.kind === 't') await waiting
      return inner.get(refs)
    },
    async insert(record, options) {
      calls.insert++
      await waiting
      return inner.insert(record, options)
    },
  }
  return {
    store,
    calls,
    wait() {
      waiting = new Promise((resolve) => {
        release = resolve
      })
    },
    release() {
      waiting = undefined
      release()
    },
  }
}

async function fixture() {
  const { store, calls, wait, release } = waitingStore()
  const tree = accountTree()
  let asked = 0
  const directory = {
    lineage(account: string) {
      asked++
      return tree.lineage(account)
    },
  }
  // The bound of overload, not that of one app.
  const appgrant = createAppGrant({ store, directory, issuer: ISSUER, limits: { issuesPerSecond: 1_000_000 } })
  const { app, secret } = await appgrant.apps.register(exampleApp({ owner: 'org', trusted: true }))
  const { accessToken } = await appgrant.authorizer.clientCredentials({ key: app.key, secret })
  const begun: Promise<string>[] = []
  return {
    appgrant,
    app,
    secret,
    accessToken,
    wait,
    counts: () => ({ asked, ...calls }),
    /** Begins so many calls that are not served before the store continues. */
    async begin(count: number, call: () => Promise<unknown>) {
      for (let at = 0; at < count; at++) begun.push(codeOf(call()))
      await new Promise(setImmediate)
    },
    /** Lets the store continue. @returns how many of the begun calls had each outcome. */
    async outcomes() {
      release()
      const found: Record<string, number> = {}
      for (const outcome of await Promise.all(begun)) found[outcome] = (found[outcome] ?? 0) + 1
      return found
    },
  }
}

describe('under overload', () => {
  // A held call must not end at its deadline.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  it('a verification beyond the bound is store_unavailable before store and directory are asked, never a denial (ERR-10)', async () => {
    const { appgrant, accessToken, wait, begin, counts, outcomes } = await fixture()
    const { authorizer } = appgrant
    wait()
    await begin(MOST, () => authorizer.verify(accessToken))
    const before = counts()
    expect(await codeOf(authorizer.verify(accessToken))).toBe('store_unavailable')
    expect(await codeOf(authorizer.tryVerify(accessToken))).toBe('store_unavailable')
    expect(await codeOf(authorizer.verify('ag_at_unknown'))).toBe('store_unavailable')
    expect(counts()).toEqual(before)
    expect(await outcomes()).toEqual({ ok: MOST })
    expect(await authorizer.verify(accessToken)).toMatchObject({ kind: 'app' })
  })

  it('tokens beyond the bound are refused before store and directory are asked, and those begun are issued (ERR-10)', async () => {
    const { appgrant, app, secret, wait, begin, counts, outcomes } = await fixture()
    const issue = () => appgrant.authorizer.clientCredentials({ key: app.key, secret })
    wait()
    await begin(MOST, issue)
    const before = counts()
    expect(await codeOf(issue())).toBe('store_unavailable')
    expect(await codeOf(appgrant.authorizer.authenticateApp({ key: app.key, secret }))).toBe('store_unavailable')
    expect(counts()).toEqual(before)
    expect(await outcomes()).toEqual({ ok: MOST })
    expect(await codeOf(issue())).toBe('ok')
  })

  it('a cached acceptance needs no store and is returned (ERR-10)', async () => {
    const { appgrant, accessToken, wait, begin, outcomes } = await fixture()
    const cached = () => appgrant.authorizer.verify(accessToken, { maxStalenessMs: 60_000 })
    await cached()
    wait()
    await begin(MOST + 10, () => appgrant.authorizer.verify(accessToken))
    expect(await cached()).toMatchObject({ kind: 'app' })
    expect(await outcomes()).toEqual({ ok: MOST, store_unavailable: 10 })
  })

  it('operations that revoke reach the store however many verifications wait, and hold for those (ERR-10, REV-3)', async () => {
    const { appgrant, app, secret, accessToken, wait, begin, outcomes } = await fixture()
    wait()
    await begin(MOST + 10, () => appgrant.authorizer.tryVerify(accessToken))
    await appgrant.apps.regenerateSecret(app.key)
    await appgrant.apps.suspend(app.key)
    await appgrant.as('org').apps.remove(app.key)
    // Refused because the app was removed, not because of the load.
    const revoke = appgrant.authorizer.revokeToken({ key: app.key, secret, token: accessToken })
    expect(await codeOf(revoke)).toBe('app_authentication_failed')
    expect(await outcomes()).toEqual({ ok: MOST, store_unavailable: 10 })
    expect(await appgrant.authorizer.tryVerify(accessToken)).toMatchObject({ ok: false })
  })

  it('/revoke is served while /token and /introspect are refused (ERR-10, HTTP-4)', async () => {
    const { appgrant, app, secret, accessToken, wait, begin, outcomes } = await fixture()
    const handle = createHandler(appgrant)
    const statusOf = async (path: string, form: Record<string, string>) => {
      const headers = basic(app.key, secret)
      const request = new Request(`${ISSUER}${path}`, { method: 'POST', body: new URLSearchParams(form), headers })
      return (await handle(request)).status
    }
    wait()
    await begin(MOST, () => appgrant.authorizer.tryVerify(accessToken))
    expect(await statusOf('/token', { grant_type: 'client_credentials' })).toBe(503)
    expect(await statusOf('/introspect', { token: accessToken })).toBe(503)
    expect(await statusOf('/revoke', { token: 'unknown' })).toBe(200)
    expect(await outcomes()).toEqual({ ok: MOST })
  })

  it('one event says how many requests were refused (ERR-10)', async () => {
    const { appgrant, accessToken, wait, begin, outcomes } = await fixture()
    const events: unknown[] = []
    appgrant.events.on('overload', (event) => events.push(event))
    appgrant.events.on('outage', (event) => events.push(event))
    wait()
    await begin(MOST + 7, () => appgrant.authorizer.verify(accessToken))
    expect(events).toEqual([])
    expect(await outcomes()).toEqual({ ok: MOST, store_unavailable: 7 })
    vi.advanceTimersByTime(1000)
    expect(events).toMatchObject([{ refused: 7 }])
  })
})
