import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import type { Store } from '../../src/index.ts'
import { DEVICE_GRANT } from './device-model.ts'
import { HOST } from './host-model.ts'
import { runLifecycle } from './lifecycle-model.ts'
import { SESSIONS } from './session-model.ts'

const SEED = 4_009
const open = async () => memoryStore()

describe('the life of apps in the model and on the memory store', () => {
  it(`model and store agree over 150 lives, seed ${SEED}`, async () => {
    const log = await runLifecycle(open, { seed: SEED, runs: 150, parts: [HOST] })
    const ended = new Set(log.map((line) => line.split(': ')[1]))
    console.info(`${log.length} acts, seed ${SEED}, ended with: ${[...ended].filter(Boolean).sort().join(', ')}`)
    for (const outcome of [
      'ok',
      'app_limit_reached',
      'suspended_above',
      'app_suspended',
      'account_blocked',
      'not_permitted',
      'foreign_token',
      'invalid_fields',
    ])
      expect(ended).toContain(outcome)
  })

  it(`model and store agree over 200 lives with user authorization, seed ${SEED} (PAR-1, PAR-2)`, async () => {
    const log = await runLifecycle(open, { seed: SEED, runs: 200, parts: [HOST, SESSIONS] })
    const ends = (what: RegExp) => new Set(log.filter((line) => what.test(line)).map((line) => line.split(': ')[1]))
    const [asked, redeemed, refreshed] = [ends(/ approves /), ends(/ redeemed /), ends(/ refreshed /)]
    for (const outcome of ['ok', 'invalid_redirect', 'not_permitted', 'limit_reached']) expect(asked).toContain(outcome)
    console.info(`${log.length} acts, codes: ${[...redeemed].join(', ')}; refreshes: ${[...refreshed].join(', ')}`)
    const common = ['ok', 'app_suspended', 'app_authentication_failed']
    const [pushed, opened] = [ends(/ pushes /), ends(/, pushed: /)]
    for (const outcome of [...common, 'invalid_redirect', 'not_permitted']) expect(pushed).toContain(outcome)
    for (const outcome of ['ok', 'invalid_request', 'app_not_found']) expect(opened).toContain(outcome)
    for (const outcome of [...common, 'invalid_code']) expect(redeemed).toContain(outcome)
    const retried = ['ok as before', 'ok in another form', 'ok and keeps it', 'invalid_scope']
    for (const outcome of [...common, ...retried, 'not_permitted', 'invalid_refresh_token'])
      expect(refreshed).toContain(outcome)
  })

  it(`model and store agree over 200 lives with devices, seed ${SEED} (DEV-1, DEV-3, DEV-5)`, async () => {
    const log = await runLifecycle(open, { seed: SEED, runs: 200, parts: [HOST, SESSIONS, DEVICE_GRANT] })
    const ends = (what: RegExp) => new Set(log.filter((line) => what.test(line)).map((line) => line.split(': ')[1]))
    const [polled, asked, decided] = [ends(/ polls /), ends(/ is asked /), ends(/^consent request /)]
    console.info(`${log.length} acts, polls: ${[...polled].join(', ')}; questions: ${[...asked].join(', ')}`)
    const pending = ['authorization_pending', 'slow_down', 'access_denied', 'expired_device_code']
    const refused = ['invalid_device_code', 'app_suspended', 'app_authentication_failed']
    for (const outcome of ['ok', 'ok again', ...pending, ...refused]) expect(polled).toContain(outcome)
    const shown = ['consent', 'waiting', 'invalid_user_code', 'limit_reached', 'app_suspended', 'app_not_found']
    for (const outcome of shown) expect(asked).toContain(outcome)
    for (const outcome of ['ok', 'invalid_ticket']) expect(decided).toContain(outcome)
  })

  it('the same seed gives the same outcomes, and another seed others', async () => {
    const [one, again, other] = await Promise.all([11, 11, 12].map((seed) => runLifecycle(open, { seed, runs: 10 })))
    expect(again).toEqual(one)
    expect(other).not.toEqual(one)
  })

  it('model and store disagree if the store is broken', async () => {
    // A suspension that is reported as stored but is not.
    const forgetful = async (): Promise<Store> => {
      const store = memoryStore()
      const replace: Store['replace'] = async (from, to) =>
        to.data.includes('"suspended"') ? true : store.replace(from, to)
      return { ...store, replace }
    }
    await expect(runLifecycle(forgetful, { seed: SEED, runs: 50 })).rejects.toThrow(/seed/)
  })
})
