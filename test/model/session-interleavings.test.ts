import { describe, expect, it } from 'vitest'
import { explore } from './scheduler.ts'
import { type SessionActName, type SessionScenario, sessionScenario } from './session-scenarios.ts'

const SEED = 20_260_301
const MOST = 40

/** Once one of these is acknowledged, none of those works any more (REV-3, REV-4). */
const kills =
  (name: string, dead: readonly string[]): NonNullable<SessionScenario['always']> =>
  async ({ access }, { authorizer }, acknowledged) => {
    if (!acknowledged.has(name)) return
    for (const which of dead) {
      const text = access.get(which)
      if (text && (await authorizer.tryVerify(text)).ok)
        throw new Error(`${which} works after ${name} was acknowledged`)
    }
  }
const RETRIED = ['retried', 'retried read', 'retried write', 'retried read too']
const SESSION = ['oldest', 'older', 'old', 'refreshed', 'refreshed too', 'reused', ...RETRIED]
const ALL = [...SESSION, 'redeemed', 'redeemed too']

const PAIRS: readonly (readonly [readonly SessionActName[], NonNullable<SessionScenario['always']>?])[] = [
  [['approve', 'deny']],
  [['approve', 'withdraw'], kills('withdraw', SESSION)],
  [['approve', 'suspend'], kills('suspend', ALL)],
  [['approve', 'regenerate'], kills('regenerate', ALL)],
  [['approve', 'revokeTokens'], kills('revokeTokens', ALL)],
  [['approve', 'removeUrl']],
  [['approve', 'remove'], kills('remove', ALL)],
  [['approve', 'unpublish'], kills('unpublish', ALL)],
  [['approve', 'replaceUser'], kills('replaceUser', ALL)],
  [['approve', 'redeem']],
  [['approve', 'reuse']],
  [['redeem', 'withdraw'], kills('withdraw', ALL)],
  [['redeem', 'suspend'], kills('suspend', ALL)],
  [['redeem', 'regenerate'], kills('regenerate', ALL)],
  [['redeem', 'revokeTokens'], kills('revokeTokens', ALL)],
  [['redeem', 'removeUrl']],
  [['redeem', 'remove'], kills('remove', ALL)],
  [['redeem', 'removeAll']],
  [['redeem', 'unpublish'], kills('unpublish', ALL)],
  [['redeem', 'replaceUser'], kills('replaceUser', ALL)],
  [['refresh', 'unpublish'], kills('unpublish', ALL)],
  [['refresh', 'replaceUser'], kills('replaceUser', ALL)],
  [['refresh', 'narrow']],
  [['refresh', 'withdraw'], kills('withdraw', SESSION)],
  [['refresh', 'suspend'], kills('suspend', ALL)],
  [['refresh', 'regenerate'], kills('regenerate', ALL)],
  [['refresh', 'revokeTokens'], kills('revokeTokens', ALL)],
  [['refresh', 'removeAll'], kills('removeAll', ['oldest', 'older', 'old'])],
  [['refresh', 'removeToken'], kills('removeToken', ['old'])],
  [['refresh', 'revokeSession'], kills('revokeSession', SESSION)],
  [['refresh', 'remove'], kills('remove', ALL)],
  [['retry', 'withdraw'], kills('withdraw', SESSION)],
  [['retry', 'revokeSession'], kills('revokeSession', SESSION)],
  [['retry', 'removeAll'], kills('removeAll', ['oldest', 'older', 'old', 'retried'])],
  [['retryRead', 'revokeSession'], kills('revokeSession', SESSION)],
  [['retryRead', 'withdraw'], kills('withdraw', SESSION)],
  [['retryRead', 'regenerate'], kills('regenerate', ALL)],
  [['retryRead', 'retryWrite']],
  [['retryRead', 'retryReadToo']],
  [['retry', 'retryRead']],
  [['reuse', 'withdraw'], kills('withdraw', SESSION)],
  [['reuse', 'revokeSession'], kills('revokeSession', SESSION)],
  [['reuse', 'suspend'], kills('suspend', ALL)],
  [['withdraw', 'removeAll']],
  [['withdraw', 'revokeTokens'], kills('withdraw', ALL)],
]

/** One writer's success is another's reuse or retry, so the result depends on the order in which they are seen. */
const RACES: readonly (readonly [readonly SessionActName[], { readonly refreshGraceSeconds?: number }?])[] = [
  [['refresh', 'refreshToo']],
  [['refresh', 'refreshToo'], { refreshGraceSeconds: 0 }],
  [['redeem', 'redeemToo']],
  [['refresh', 'retry']],
  [['refresh', 'retryRead']],
  [['refreshRead', 'refreshWrite']],
  [['refresh', 'reuse']],
]

const TRIOS: readonly (readonly SessionActName[])[] = [
  ['approve', 'withdraw', 'revokeTokens'],
  ['redeem', 'removeAll', 'suspend'],
  ['refresh', 'removeAll', 'withdraw'],
  ['refresh', 'suspend', 'removeToken'],
  ['retryRead', 'retryWrite', 'refresh'],
]

describe('concurrent calls on sessions with lost, late and repeated writes', () => {
  let schedules = 0
  const cut: string[] = []
  const run = async (scenario: SessionScenario, options: Parameters<typeof explore>[1]) => {
    const explored = await explore(scenario, { seed: SEED, ...options })
    schedules += explored.schedules
    if (!explored.isComplete) cut.push(scenario.name)
  }
  for (const [names, always] of PAIRS)
    it(`${names.join(' × ')}: every schedule with a fault equals some order of the calls (REV-1, REV-3, REV-4, REV-7)`, () =>
      run(sessionScenario(names, always && { always }), { faults: 1, most: MOST, random: 40 }))
  for (const [names, options] of RACES) {
    const scenario = sessionScenario(names, options)
    it(`${scenario.name}: every schedule equals some order of the calls (TOK-8, TOK-9)`, () =>
      run(scenario, { faults: 1, most: MOST, random: 40 }))
  }
  for (const names of TRIOS)
    it(`${names.join(' × ')}: every random schedule equals some order of the calls, seed ${SEED}`, () =>
      run(sessionScenario(names), { most: 0, random: 12 }))
  it('more than 2000 schedules of sessions were explored', () => {
    console.info(
      `${schedules} schedules of sessions explored, random ones from seed ${SEED}; cut at ${MOST}: ${cut.join(', ')}`,
    )
    expect(schedules).toBeGreaterThan(2000)
  })
})
