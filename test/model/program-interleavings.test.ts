import { describe, expect, it } from 'vitest'
import type { AppGrant } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { isWithinLimit, type ProgramActName, type ProgramScenario, programScenario } from './program-scenarios.ts'
import { explore } from './scheduler.ts'

const SEED = 20_261_126
const MOST = 20

/** Once one of these has revoked something and is acknowledged, no token of the app works (REV-3, REV-4). */
const kills =
  (name: string): NonNullable<ProgramScenario['always']> =>
  async ({ access, revoked }, { authorizer }, acknowledged) => {
    if (!acknowledged.has(name) || !revoked.has(name)) return
    for (const which of ['redeemed', 'redeemed too']) {
      const text = access.get(which)
      if (text && (await authorizer.tryVerify(text)).ok)
        throw new Error(`${which} works after ${name} was acknowledged (REV-3)`)
    }
  }

const PAIRS: readonly (readonly [readonly ProgramActName[], NonNullable<ProgramScenario['always']>?])[] = [
  [['redeem', 'redeemToo'], isWithinLimit],
  [['redeem', 'redeemOther'], isWithinLimit],
  [['redeem', 'suspend'], kills('suspend')],
  [['redeem', 'remove'], kills('remove')],
  [['redeem', 'withdraw'], kills('withdraw')],
  [['redeem', 'revokeTokens'], kills('revokeTokens')],
  [['redeem', 'replaceUser'], kills('replaceUser')],
  [['redeem', 'approve']],
  [['approve', 'approveToo']],
  [['approve', 'deny']],
  [['approve', 'replaceUser']],
]

const TRIOS: readonly (readonly [readonly ProgramActName[], NonNullable<ProgramScenario['always']>?])[] = [
  [['redeem', 'redeemToo', 'remove'], kills('remove')],
  [['redeem', 'redeemToo', 'withdraw'], kills('withdraw')],
  [['redeem', 'redeemToo', 'revokeTokens'], kills('revokeTokens')],
  [['redeem', 'redeemOther', 'suspend'], kills('suspend')],
]

/** For the last place: a redemption that a fault stopped may keep it, until it is repeated or its app removed. */
const AT_THE_LIMIT: readonly (readonly [names: readonly ProgramActName[], most: number])[] = [
  [['redeem', 'redeemOther'], 500],
  [['redeem', 'register'], 2000],
]

describe('concurrent calls on programs that register themselves, with lost, late and repeated writes', () => {
  let schedules = 0
  const run = async (scenario: ProgramScenario, options: Parameters<typeof explore>[1]) => {
    schedules += (await explore(scenario, { seed: SEED, ...options })).schedules
  }
  for (const [names, always] of PAIRS) {
    // A redemption has five writes, and what must not survive shows only between two of them.
    const isRevoked = always !== undefined && always !== isWithinLimit
    it(`${names.join(' × ')}: every schedule with a fault equals some order of the calls (WEB-5, REV-3, REV-7)`, () =>
      run(programScenario(names, always && { always }), { faults: 1, most: MOST, random: isRevoked ? 150 : 40 }))
  }
  for (const [names, always] of TRIOS)
    it(`${names.join(' × ')}: every random schedule equals some order of the calls, seed ${SEED} (WEB-5, APP-6)`, () =>
      run(programScenario(names, always && { always }), { most: 0, random: 40 }))
  for (const [names, most] of AT_THE_LIMIT)
    it(`${names.join(' × ')}: of two that want the last place, one gets it (APP-6, WEB-5)`, async () => {
      const given = (_: unknown, { apps }: AppGrant) => apps.register(exampleApp({ owner: 'user' }))
      const scenario = programScenario(names, { given, always: isWithinLimit })
      await run(scenario, { faults: 0, most })
    })
  it('more than 1000 schedules of programs were explored', () => {
    console.info(`${schedules} schedules of programs explored, random ones from seed ${SEED}`)
    expect(schedules).toBeGreaterThan(1000)
  })
})
