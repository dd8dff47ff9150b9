import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../../adapters/memory/memory-store.ts'
import { testRememberedApps } from '../../suites/remembered-apps.ts'
import { codeOf } from '../../support/code-of.ts'
import { createSessionFixture } from '../../support/session-fixture.ts'

testRememberedApps(async () => memoryStore())

describe('without conditional inserts', () => {
  testRememberedApps(async () => {
    const { conditionalInserts: _, ...store } = memoryStore()
    return store
  })
})

describe('an insert under a condition that fails', () => {
  /** A world whose node remembers the app as it was before another node changed it. */
  async function outdated() {
    const w = await createSessionFixture(async () => memoryStore(), { app: { trusted: true } })
    const { key, secret } = w
    const grant = () => w.appgrant.authorizer.clientCredentials({ key, secret })
    const issued: unknown[] = []
    w.appgrant.events.on('token', ({ tokenIds }) => issued.push(tokenIds))
    await grant()
    return { ...w, grant, issued }
  }

  it('is not tried again if its outcome is unknown (REV-7)', async () => {
    const { grant, observed, store, issued } = await outdated()
    const { insert } = observed.calls
    store.fail('insert', 'after')
    expect(await codeOf(grant())).toBe('outcome_unknown')
    expect(observed.calls.insert - insert).toBe(1)
    store.fail('insert', 'before')
    expect(await codeOf(grant())).toBe('store_unavailable')
    expect(observed.calls.insert - insert).toBe(1)
    expect(issued).toHaveLength(1)
  })

  it('gives the token of the insert that follows, which alone is announced and stored', async () => {
    const { grant, node, key, observed, issued } = await outdated()
    await node().apps.update(key, { name: 'Renamed' })
    const written = observed.written.length
    const { tokenId } = await grant()
    expect(observed.written.slice(written).map(({ id }) => id)).toEqual([tokenId])
    expect(issued.slice(1)).toEqual([[tokenId]])
  })

  it('leaves the outcome open if it cannot be known whether a first delivery was done (REV-7)', async () => {
    const { grant, node, key, store } = await outdated()
    await node().apps.update(key, { name: 'Renamed' })
    store.fail('get', 'before')
    expect(await codeOf(grant())).toBe('outcome_unknown')
    expect(await codeOf(grant())).toBe('ok')
  })

  it('counts if an earlier delivery of it was done before the app changed', async () => {
    const { grant, node, key, observed, inner, issued } = await outdated()
    const insert = inner.insert.bind(inner)
    inner.insert = async (record, options) => {
      inner.insert = insert
      await insert(record, options)
      await node().apps.update(key, { name: 'Renamed' })
      return insert(record, options)
    }
    const calls = observed.calls.insert
    const { tokenId } = await grant()
    expect(observed.calls.insert - calls).toBe(1)
    expect(issued.slice(1)).toEqual([[tokenId]])
  })
})

it('a directory that is down is asked once for a grant, and says so once (ACC-1)', async () => {
  const w = await createSessionFixture(async () => memoryStore(), { app: { trusted: true } })
  const outages: unknown[] = []
  w.appgrant.events.on('outage', ({ code }) => outages.push(code))
  const grant = () => codeOf(w.appgrant.authorizer.clientCredentials({ key: w.key, secret: w.secret }))
  expect(await grant()).toBe('ok')
  w.tree.setDown(true)
  expect(await grant()).toBe('directory_unavailable')
  expect(outages).toEqual(['directory_unavailable'])
})
