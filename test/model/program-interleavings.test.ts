import { describe, expect, it } from 'vitest'
import type { AppGrant } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import {
  approvedAgain,
  bothRedeemed,
  halfRedeemed,
  isWithinLimit,
  type ProgramActName,
  type ProgramScenario,
  programScenario,
  redeemed,
} from './program-scenarios.ts'
import { explore } from './scheduler.ts'

const SEED = 20_261_126
const MOST = 20

type Conditions = NonNullable<Parameters<typeof programScenario>[1]>

/** Once one of these has revoked something and is acknowledged, no token of the app works (REV-3, REV-4). */
const kills = (name: string): { readonly always: NonNullable<ProgramScenario['always']> } => ({
  async always({ access, revoked }, { authorizer }, acknowledged) {
    if (!acknowledged.has(name) || !revoked.has(name)) return
    for (const which of ['redeemed', 'redeemed too']) {
      const text = access.get(which)
      if (text && (await authorizer.tryVerify(text)).ok)
        throw new Error(`${which} works after ${name} was acknowledged (REV-3)`)
    }
  },
})

const suspendedAs = new WeakMap<object, string>()

/** A suspended app is found under the name that it had (WEB-6). */
const keepsName: NonNullable<ProgramScenario['always']> = async (state, { apps }, acknowledged) => {
  if (!acknowledged.has('suspend')) return
  const name = (await apps.get(state.keys.one))?.name ?? ''
  const before = suspendedAs.get(state) ?? name
  suspendedAs.set(state, before)
  if (name !== before) throw new Error(`it was suspended as ${before} and is called ${name} (WEB-6)`)
}

/** With how many random schedules: a redemption has five writes, and what must not survive shows only between two of them. */
const PAIRS: readonly (readonly [names: readonly ProgramActName[], random: number, conditions?: Conditions])[] = [
  [['redeem', 'redeemToo'], 20, { always: isWithinLimit }],
  [['redeem', 'redeemOther'], 20, { always: isWithinLimit }],
  [['redeem', 'suspend'], 60, kills('suspend')],
  [['redeem', 'remove'], 60, kills('remove')],
  [['redeem', 'withdraw'], 60, kills('withdraw')],
  [['redeem', 'revokeTokens'], 60, kills('revokeTokens')],
  [['redeem', 'replaceUser'], 60, kills('replaceUser')],
  [['redeem', 'remove'], 20, { ...kills('remove'), given: halfRedeemed }],
  [['redeem', 'withdraw'], 20, { ...kills('withdraw'), given: halfRedeemed }],
  [['redeem', 'revokeTokens'], 20, { ...kills('revokeTokens'), given: halfRedeemed }],
  [['redeem', 'approve'], 20],
  [['approve', 'approveToo'], 20],
  [['approve', 'deny'], 20],
  [['approve', 'replaceUser'], 20],
  [['suspend', 'redeemOther'], 20, { given: redeemed }],
  [['suspend', 'approve'], 20, { given: redeemed }],
  [['suspendOther', 'ask'], 20, { given: bothRedeemed }],
  [['redeem', 'ask'], 20, { changed: 'moved' }],
  [['ask', 'redeemAgain'], 20, { changed: 'moved', given: approvedAgain }],
  [['ask', 'redeemOther'], 20, { changed: 'moved', given: redeemed }],
  [['suspend', 'ask'], 20, { changed: 'moved', given: redeemed, always: keepsName }],
  [['remove', 'ask'], 20, { changed: 'moved', given: redeemed }],
  [['ask', 'askToo'], 20, { changed: 'moved', given: redeemed }],
]

const TRIOS: readonly (readonly [names: readonly ProgramActName[], conditions: Conditions])[] = [
  [['redeem', 'redeemToo', 'remove'], kills('remove')],
  [['redeem', 'redeemToo', 'withdraw'], kills('withdraw')],
  [['redeem', 'redeemToo', 'revokeTokens'], kills('revokeTokens')],
  [['redeem', 'redeemOther', 'suspend'], kills('suspend')],
  [['redeem', 'redeemToo', 'ask'], { changed: 'renamed' }],
]

/** For the last place: a redemption that a fault stopped may keep it, until it is repeated or its app removed. */
const AT_THE_LIMIT: readonly (readonly ProgramActName[])[] = [
  ['redeem', 'redeemOther'],
  ['redeem', 'register'],
]

describe('concurrent calls on programs that register themselves, with lost, late and repeated writes', () => {
  let schedules = 0
  const run = async (scenario: ProgramScenario, options: Parameters<typeof explore>[1]) => {
    schedules += (await explore(scenario, { seed: SEED, ...options })).schedules
  }
  for (const [names, random, conditions] of PAIRS)
    it(`${names.join(' × ')}${conditions?.given === halfRedeemed ? ', repeated' : ''}: every schedule with a fault equals some order of the calls (WEB-5, WEB-6, REV-3, REV-7)`, () =>
      run(programScenario(names, conditions), { faults: 1, most: MOST, random }))
  for (const [names, conditions] of TRIOS)
    it(`${names.join(' × ')}: every random schedule equals some order of the calls, seed ${SEED} (WEB-5, APP-6)`, () =>
      run(programScenario(names, conditions), { most: 0, random: 40 }))
  for (const names of AT_THE_LIMIT)
    it(`${names.join(' × ')}: of two that want the last place, one gets it (APP-6, WEB-5)`, async () => {
      const given = (_: unknown, { apps }: AppGrant) => apps.register(exampleApp({ owner: 'user' }))
      const scenario = programScenario(names, { given, always: isWithinLimit })
      await run(scenario, { faults: 0, most: MOST, random: 40 })
    })
  it('more than 700 schedules of programs were explored', () => {
    console.info(`${schedules} schedules of programs explored, random ones from seed ${SEED}`)
    expect(schedules).toBeGreaterThan(700)
  })
})
