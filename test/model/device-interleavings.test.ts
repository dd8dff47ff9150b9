import { describe, expect, it } from 'vitest'
import { type DeviceActName, type DeviceScenario, deviceScenario, isAlone, type Progress } from './device-scenarios.ts'
import { explore } from './scheduler.ts'

const SEED = 20_261_127
const MOST = 20

/** Once it is acknowledged, no token of the device works (REV-3, REV-4). */
const kills =
  (name: string): NonNullable<DeviceScenario['always']> =>
  async ({ access }, { authorizer }, acknowledged) => {
    if (!acknowledged.has(name)) return
    for (const [which, text] of access)
      if ((await authorizer.tryVerify(text)).ok)
        throw new Error(`${which} works after ${name} was acknowledged (REV-3)`)
  }

type Case = readonly [Progress, readonly DeviceActName[], NonNullable<DeviceScenario['always']>?]

const PAIRS: readonly Case[] = [
  ['requested', ['enter', 'poll']],
  ['entered', ['poll', 'pollOther'], isAlone],
  ['asked', ['approve', 'pollOther'], isAlone],
  ['asked', ['approve', 'deny']],
  ['asked', ['approve', 'poll']],
  ['asked', ['deny', 'poll']],
  ['asked', ['approve', 'suspend'], kills('suspend')],
  ['asked', ['approve', 'revokeTokens'], kills('revokeTokens')],
  ['asked', ['approve', 'replaceUser'], kills('replaceUser')],
  ['approved', ['poll', 'pollToo']],
  ['approved', ['poll', 'pollOther'], isAlone],
  ['approved', ['poll', 'withdraw'], kills('withdraw')],
  ['approved', ['poll', 'suspend'], kills('suspend')],
  ['approved', ['poll', 'remove'], kills('remove')],
  ['approved', ['poll', 'revokeTokens'], kills('revokeTokens')],
  ['approved', ['poll', 'replaceUser'], kills('replaceUser')],
]

const TRIOS: readonly Case[] = [
  ['requested', ['enter', 'poll', 'pollOther'], isAlone],
  ['asked', ['approve', 'suspend', 'poll'], kills('suspend')],
  ['asked', ['approve', 'deny', 'poll']],
  ['asked', ['approve', 'poll', 'pollOther'], isAlone],
  ['approved', ['poll', 'pollToo', 'withdraw'], kills('withdraw')],
]

/** A page has several writes, of which a fault may leave the first: the page before it can no longer be decided then. */
const PAGES: readonly Case[] = [
  ['asked', ['ask', 'approve']],
  ['asked', ['ask', 'deny']],
]

describe('concurrent calls on devices with lost, late and repeated writes', () => {
  let schedules = 0
  const run = async ([progress, names, always]: Case, options: Parameters<typeof explore>[1]) => {
    const scenario = deviceScenario(progress, names, always && { always })
    schedules += (await explore(scenario, { seed: SEED, ...options })).schedules
  }
  const nameOf = ([progress, names]: Case) => `a device that is ${progress}: ${names.join(' × ')}`
  for (const one of PAIRS)
    it(`${nameOf(one)}: every schedule with a fault equals some order of the calls (DEV-3, DEV-5, REV-3, REV-7)`, () =>
      run(one, { faults: 1, most: MOST, random: 8 }))
  for (const one of TRIOS)
    it(`${nameOf(one)}: every random schedule equals some order of the calls, seed ${SEED} (DEV-5, REV-3)`, () =>
      run(one, { most: 0, random: 8 }))
  for (const one of PAGES)
    it(`${nameOf(one)}: every schedule equals some order of the calls (DEV-2)`, () => run(one, { faults: 0, most: 60 }))
  it('more than 400 schedules of devices were explored', () => {
    console.info(`${schedules} schedules of devices explored, random ones from seed ${SEED}`)
    expect(schedules).toBeGreaterThan(400)
  })
})
