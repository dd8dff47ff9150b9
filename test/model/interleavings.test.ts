import { describe, expect, it } from 'vitest'
import type { Store } from '../../src/index.ts'
import {
  ACTS,
  type AppAct,
  type AppScenario,
  act,
  addSecret,
  appScenario,
  isWithinLimit,
  regenerateFirst,
  register,
} from './app-scenarios.ts'
import { explore, ScheduleViolation } from './scheduler.ts'

const SEED = 20_260_101
/** All schedules of nearly every pair with one fault; the first ones of the rest. */
const MOST = 1200

/** Once one of these is acknowledged, the token made before is revoked for good, and so is what was granted on old stamps (REV-3). */
const kills =
  (name: string, { alsoGranted = false } = {}): NonNullable<AppScenario['always']> =>
  async ({ tokens }, { authorizer }, acknowledged) => {
    if (!acknowledged.has(name)) return
    for (const which of alsoGranted ? ['old', 'grant'] : ['old']) {
      const text = tokens.get(which)
      if (text && (await authorizer.tryVerify(text)).ok)
        throw new Error(`the ${which} token works after ${name} was acknowledged (REV-3)`)
    }
  }

const suspended: NonNullable<Parameters<typeof appScenario>[1]> = { given: ({ key }, { apps }) => apps.suspend(key) }

const PAIRS: readonly AppScenario[] = [
  appScenario({ grant: act('grant'), suspend: act('suspend') }, { always: kills('suspend', { alsoGranted: true }) }),
  appScenario(
    { grant: act('grant'), regenerate: act('regenerate') },
    { always: kills('regenerate', { alsoGranted: true }) },
  ),
  appScenario({ grant: act('grant'), removeAll: act('removeAll') }, { always: kills('removeAll') }),
  appScenario({ grant: act('grant'), revokeTokens: act('revokeTokens') }, { always: kills('revokeTokens') }),
  appScenario({ grant: act('grant'), untrust: act('untrust') }, { always: kills('untrust', { alsoGranted: true }) }),
  appScenario({ grant: act('grant'), remove: act('remove') }, { always: kills('remove', { alsoGranted: true }) }),
  appScenario({ grant: act('grant'), removeToken: act('removeToken') }, { always: kills('removeToken') }),
  appScenario({ grant: act('grant'), revokeOwn: act('revokeOwn') }, { always: kills('revokeOwn') }),
  appScenario({ removeToken: act('removeToken'), revokeOwn: act('revokeOwn') }, { always: kills('removeToken') }),
  appScenario({ suspend: act('suspend'), resume: act('resume') }),
  appScenario({ suspend: act('suspend'), resume: act('resumeAsOwner') }),
  appScenario({ suspendAsOwner: act('suspendAsOwner'), suspend: act('suspend') }),
  appScenario({ resume: act('resume'), resumeAsOwner: act('resumeAsOwner') }, suspended),
  appScenario({ addSecret, regenerate: act('regenerate') }, { always: kills('regenerate') }),
  appScenario({ removeSecret: act('removeFirstSecret'), addSecret }, { given: withSecondSecret }),
  appScenario({ removeFirstSecret: act('removeFirstSecret'), addSecret }),
  appScenario({ removeSecret: act('removeFirstSecret'), regenerate: act('regenerate') }, { given: withSecondSecret }),
  appScenario({ update: act('rename'), narrow: act('narrow') }),
  appScenario({ update: act('rename'), updateToo: act('renameToo') }),
  appScenario({ untrust: act('untrust'), trust: act('trust') }),
  appScenario({ publish: act('publish'), unpublish: act('unpublish') }),
  appScenario({ update: act('rename'), shorten: act('shorten') }),
  appScenario(
    { grant: act('grant'), blockOwner: act('blockOwner') },
    { hasAccounts: true, always: kills('blockOwner', { alsoGranted: true }) },
  ),
  appScenario(
    { grant: act('grant'), replaceOwner: act('replaceOwner') },
    { hasAccounts: true, always: kills('replaceOwner', { alsoGranted: true }) },
  ),
  appScenario(
    { regenerate: act('regenerate'), replaceOwner: act('replaceOwner') },
    { hasAccounts: true, always: kills('replaceOwner') },
  ),
  appScenario({ update: act('rename'), remove: act('remove') }, { always: kills('remove') }),
  appScenario({ regenerate: act('regenerate'), remove: act('remove') }, { always: kills('remove') }),
  appScenario({ remove: removeQuietly(), removeToo: removeQuietly() }, { always: kills('remove') }),
  appScenario({ register: register('New'), remove: act('remove') }, { given: withSecondApp, always: isWithinLimit }),
  appScenario({ register: register('New'), registerToo: register('Newer') }, { always: isWithinLimit }),
  appScenario({ regenerate: act('regenerate'), regenerateToo: regenerateToo() }),
  appScenario({ renameOriginal: act('renameOriginal'), renameToo: act('renameOriginalToo') }),
  appScenario({ renameOriginal: act('renameOriginal'), rename: act('renameToo') }),
  appScenario({ renameOriginal: act('renameOriginal'), narrow: act('narrow') }),
  appScenario({ registerOnce: act('registerOnce'), registerToo: act('registerOnce') }, { always: isWithinLimit }),
  appScenario({ registerOnce: act('registerOnce'), register: register('New') }, { always: isWithinLimit }),
  appScenario({ regenerateFirst: regenerateFirst(2), regenerateToo: regenerateFirst(4) }),
  appScenario({ regenerateFirst: regenerateFirst(2), addSecret }),
  appScenario({ regenerateFirst: regenerateFirst(2), update: act('rename') }),
]

type Given = NonNullable<Parameters<typeof appScenario>[1]>

/** A grant by a node that remembers the app as it is, or as it was before `given`: most take one conditional insert. */
const REMEMBERED: readonly AppScenario[] = [
  ...(['suspend', 'regenerate', 'untrust', 'remove'] as const).map((name) =>
    remembering({ grant: act('grant'), [name]: act(name) }, { always: kills(name, { alsoGranted: true }) }),
  ),
  remembering({ grant: act('grant'), removeAll: act('removeAll') }, { always: kills('removeAll') }),
  remembering({ grant: act('grant'), revokeTokens: act('revokeTokens') }, { always: kills('revokeTokens') }),
  remembering({ grant: act('grant'), narrow: act('narrow') }),
  remembering(
    { grant: act('grant'), blockOwner: act('blockOwner') },
    { hasAccounts: true, always: kills('blockOwner', { alsoGranted: true }) },
  ),
  remembering({ grant: act('grant'), 'resume what was suspended': act('resume') }, suspended),
  remembering({ grant: act('grant'), 'rename what was suspended': act('rename') }, suspended),
  remembering(
    { grant: act('grant'), 'trust what was not trusted': act('trust') },
    { given: ({ key }, { apps }) => apps.setTrusted(key, false) },
  ),
  remembering(
    { grant: act('grant'), 'rename what got another secret': act('rename') },
    { given: ({ key }, { apps }) => apps.regenerateSecret(key) },
  ),
  remembering(
    { grant: act('grant'), 'remove what was removed': act('remove') },
    { given: ({ key }, { apps }) => apps.remove(key) },
  ),
]

/** Three calls at once have too many schedules: some at random. */
const TRIOS: readonly AppScenario[] = [
  appScenario(
    { grant: act('grant'), suspend: act('suspend'), regenerate: act('regenerate') },
    { always: kills('regenerate', { alsoGranted: true }) },
  ),
  appScenario(
    { grant: act('grant'), removeAll: act('removeAll'), remove: act('remove') },
    { always: kills('remove', { alsoGranted: true }) },
  ),
  remembering(
    { grant: act('grant'), suspend: act('suspend'), regenerate: act('regenerate') },
    { always: kills('regenerate', { alsoGranted: true }) },
  ),
  remembering({ grant: act('grant'), untrust: act('untrust'), trust: act('trust') }, { always: kills('untrust') }),
  appScenario({ addSecret, removeSecret: act('removeFirstSecret'), update: act('rename') }),
  appScenario({ suspend: act('suspend'), resume: act('resume'), update: act('narrow') }),
  appScenario({ addSecret, suspend: act('suspend'), resume: act('resumeAsOwner') }),
]

describe('concurrent calls with lost, late and repeated writes', () => {
  let schedules = 0
  const cut: string[] = []
  for (const scenario of [...PAIRS, ...REMEMBERED])
    it(`${scenario.name}: every schedule with a fault equals some order of the calls (REV-1, REV-3, REV-4, REV-7)`, async () => {
      const explored = await explore(scenario, { faults: 1, most: MOST, random: 20, seed: SEED })
      schedules += explored.schedules
      if (!explored.isComplete) cut.push(scenario.name)
    })
  for (const scenario of TRIOS)
    it(`${scenario.name}: every random schedule equals some order of the calls, seed ${SEED}`, async () => {
      schedules += (await explore(scenario, { most: 0, random: 120, seed: SEED })).schedules
    })
  it('exactly one of two removals returns true, in every order', async () => {
    const scenario = appScenario({ remove: act('remove'), removeToo: act('remove') })
    expect(await explore(scenario, { faults: 0 })).toMatchObject({ isComplete: true })
  })
  it('more than 10,000 schedules were explored', () => {
    console.info(`${schedules} schedules explored, random ones from seed ${SEED}; cut at ${MOST}: ${cut.join(', ')}`)
    expect(schedules).toBeGreaterThan(10_000)
    expect(cut.length).toBeLessThanOrEqual(1)
  })
})

describe('the scheduler on broken code', () => {
  const violationOf = async (scenario: AppScenario, faults = 0) => {
    const error = await explore(scenario, { faults, most: 2000 }).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(ScheduleViolation)
    return String(error)
  }

  it('the scheduler finds an operation that reads and then writes over whatever came between', async () => {
    const scenario = appScenario({ rename: act('rename'), narrow: act('narrow') }, { wrap: withoutRevision })
    expect(await violationOf(scenario)).toContain('no order of the calls explains')
  })

  it('the scheduler finds a suspension lost under a change of the name', async () => {
    const scenario = appScenario(
      { suspend: act('suspend'), rename: act('rename') },
      { wrap: withoutRevision, always: kills('suspend') },
    )
    expect(await violationOf(scenario)).toContain('works after suspend was acknowledged (REV-3)')
  })

  it('the scheduler finds a token that is issued to a suspended app from memory', async () => {
    const scenario = remembering(
      { grant: act('grant'), rename: act('rename') },
      { ...suspended, wrap: withoutCondition },
    )
    expect(await violationOf(scenario)).toContain('no order of the calls explains grant: granted')
  })

  it('the scheduler finds a limit that is counted before the insert', async () => {
    const scenario = appScenario(
      { register: register('New'), registerToo: register('Newer') },
      { wrap: withCountedLimit, always: isWithinLimit },
    )
    expect(await violationOf(scenario)).toContain('(APP-6)')
  })

  it('the scheduler finds a removal without tombstone, after which a late registration restores the app', async () => {
    const forgetful: AppAct = {
      run: register('New').run,
      async settle({ made }, { apps }) {
        const key = made.get('New') ?? ''
        if (await apps.get(key)) await apps.remove(key)
        return 'taken back'
      },
    }
    expect(await violationOf(appScenario({ register: forgetful, rename: act('rename') }), 1)).toContain('arrives')
  })

  it('the scheduler finds an operation that reports success after only reading', async () => {
    const lazy: AppAct = {
      run: async (state, appgrant) =>
        (await appgrant.apps.get(state.key))?.suspended ? 'suspended' : ACTS.suspend(state, appgrant),
    }
    const scenario = appScenario({ suspend: lazy, resume: act('resume') }, { always: kills('suspend') })
    await expect(explore(scenario, { faults: 1 })).rejects.toBeInstanceOf(ScheduleViolation)
  })

  it('the scheduler finds an error without a code', async () => {
    const scenario = appScenario({ broken: { run: () => Promise.reject(new TypeError('x is not a function')) } })
    expect(await violationOf(scenario)).toContain('no code: TypeError: x is not a function')
  })

  it('the scheduler finds the same violation again', async () => {
    const scenario = appScenario({ rename: act('rename'), narrow: act('narrow') }, { wrap: withoutRevision })
    expect(await violationOf(scenario)).toBe(await violationOf(scenario))
  })
})

function remembering(acts: Readonly<Record<string, AppAct>>, options: Given = {}): AppScenario {
  return appScenario(acts, { ...options, remembered: true })
}

async function withSecondSecret(
  ...[state, { apps }]: Parameters<NonNullable<NonNullable<Parameters<typeof appScenario>[1]>['given']>>
) {
  state.secrets[1] = (await apps.addSecret(state.key)).secret
}

async function withSecondApp(
  ...[, { apps }]: Parameters<NonNullable<NonNullable<Parameters<typeof appScenario>[1]>['given']>>
) {
  await apps.register({
    owner: 'org',
    name: 'Second',
    homepage: 'https://b.example/',
    adminEmail: 'b@b.example',
    redirectUrls: ['https://b.example/'],
  })
}

/** If a write came twice, it is not known which of two removals returns true. */
function removeQuietly(): AppAct {
  return { run: async ({ key }, { apps }) => `gone ${await apps.remove(key)}`.slice(0, 4) }
}

function regenerateToo(): AppAct {
  return {
    async run(state, { apps }) {
      state.secrets[4] = (await apps.regenerateSecret(state.key)).secret
      return 'regenerated'
    },
  }
}

/** Get-then-write: the stored revision is read just before, so every replace succeeds. */
function withoutRevision(inner: Store): Store {
  return {
    ...inner,
    replace: async (from, to) => {
      const [stored] = await inner.get([from])
      return stored ? inner.replace(stored, to) : false
    },
  }
}

/** The token is stored whatever has become of the app. */
function withoutCondition(inner: Store): Store {
  return { ...inner, insert: (record, { onlyIf: _, ...options } = {}) => inner.insert(record, options) }
}

function withCountedLimit(inner: Store): Store {
  return {
    ...inner,
    insert: async (record, { limit, ...options } = {}) => {
      if (limit && (await inner.count({ ...record, group: limit.group }, -1)) >= limit.max) return 'full'
      return inner.insert(record, options)
    },
  }
}
