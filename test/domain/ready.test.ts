import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { createAppGrant } from '../../src/index.ts'
import { createFixture } from '../support/fixture.ts'

describe('appgrant.ready()', () => {
  it('resolves while the store responds, before and after the first node was prepared, and writes nothing', async () => {
    const { appgrant, observed } = createFixture()
    await appgrant.ready()
    expect(observed.written).toEqual([])
    await appgrant.prepare()
    const before = observed.written.length
    await appgrant.ready()
    expect(observed.written).toHaveLength(before)
  })

  it('rejects while the store fails, and resolves when it is back', async () => {
    const { appgrant, store } = createFixture()
    store.fail('get', 'before')
    await expect(appgrant.ready()).rejects.toMatchObject({ code: 'store_unavailable' })
    await appgrant.ready()
  })

  it('rejects at once if the store does not respond in time', async () => {
    const { node, store } = createFixture(undefined, { timeoutMs: 10 })
    const held = store.hold('get')
    await expect(node().ready()).rejects.toMatchObject({ code: 'store_unavailable' })
    held.release()
  })

  it('rejects while the clock differs from that of the store', async () => {
    let offsetMs = 5000
    const appgrant = createAppGrant({ store: { ...memoryStore(), time: async () => Date.now() + offsetMs } })
    await expect(appgrant.ready()).rejects.toMatchObject({ code: 'clock_skew' })
    offsetMs = 0
    await appgrant.ready()
  })
})
