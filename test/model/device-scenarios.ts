import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { type AppGrant, createAppGrant, isAppGrantError, type Store } from '../../src/index.ts'
import { exampleApp, type ManualClock, manualClock } from '../../src/testing/index.ts'
import { type AccountTree, accountTree } from '../support/account-tree.ts'
import { DEVICES, deviceCodeOf, devicesOf, enterUserCode, unanswered } from '../support/devices.ts'
import { NO_LIMITS } from '../support/limits.ts'
import { SCOPES } from '../support/scopes.ts'
import { ISSUER, MINUTE, SECOND } from '../support/session-fixture.ts'
import { ENDING_ACTS } from './ending-acts.ts'
import type { Act, Scenario } from './scheduler.ts'

/** What the operations on two devices of an app share: both show the same user code, and `user` may have entered it. */
export interface DeviceState {
  readonly key: string
  readonly userCode: string
  readonly codes: Readonly<Record<DeviceName, string>>
  /** The ticket of what `user` was asked about the first device. */
  readonly ticket: string
  /** Tokens by the poll that got them. */
  readonly access: Map<string, string>
  readonly tree: AccountTree
  readonly clock: ManualClock
}

type DeviceName = 'one' | 'other'
export type DeviceAct = Act<DeviceState, AppGrant>
export type DeviceScenario = Scenario<DeviceState, AppGrant>

/** How far the first device has come. */
export type Progress = 'requested' | 'entered' | 'asked' | 'approved'

/** As little as a node allows between two polls, so that many of them are within the grace period. */
const INTERVAL_MS = 4 * SECOND
const LIFETIMES = { refreshGraceSeconds: 60 }
const USER = { account: 'user' }

function polling(device: DeviceName, to: string): DeviceAct['run'] {
  return async ({ key, codes, access, clock }, node) => {
    clock.advance(INTERVAL_MS)
    access.set(to, (await devicesOf(node).exchange({ key, deviceCode: codes[device] })).accessToken)
    return 'tokens'
  }
}

/** Operations on that app, that account and its devices. */
export const ACTS = {
  ...ENDING_ACTS,
  async enter({ userCode }, node) {
    await enterUserCode(node, { userCode, ...USER })
    return 'entered'
  },
  poll: polling('one', 'polled'),
  /** The same device, whose request was sent twice. */
  pollToo: polling('one', 'polled too'),
  /** The other device with that user code. */
  pollOther: polling('other', 'polled other'),
  ask: async ({ userCode }, node) => (await devicesOf(node).ask({ userCode, ...USER })).step,
  async approve({ ticket }, node) {
    await devicesOf(node).approve({ ticket, ...USER })
    return 'approved'
  },
  async deny({ ticket }, node) {
    await devicesOf(node).deny({ ticket, ...USER })
    return 'denied'
  },
} satisfies Record<string, DeviceAct['run']>

export type DeviceActName = keyof typeof ACTS

const TAKEN: Partial<Record<DeviceActName, string>> = {
  poll: 'polled',
  pollToo: 'polled too',
  pollOther: 'polled other',
}

/** @param progress - how far the first device has come before. */
export function deviceScenario(
  progress: Progress,
  names: readonly DeviceActName[],
  {
    always,
    wrap = (store) => store,
  }: { readonly always?: DeviceScenario['always']; readonly wrap?: (store: Store) => Store } = {},
): DeviceScenario {
  const tree = accountTree()
  const clock = manualClock()
  const options = { scopes: SCOPES, directory: tree, lifetimes: LIFETIMES, issuer: ISSUER, clock, ...DEVICES }
  const connect = (store: Store) =>
    createAppGrant({ store: wrap(store), ...options, timeoutMs: 60_000, limits: NO_LIMITS })
  return {
    name: `${progress}: ${names.join(' × ')}`,
    connect,
    acts: Object.fromEntries(names.map((name) => [name, actOf(name)])),
    async setUp() {
      tree.set('user', { epoch: undefined })
      const database = memoryStore()
      return { database, state: await setUp(connect(database), { progress, tree, clock }) }
    },
    observe,
    ...(always && { always }),
  }
}

function actOf(name: DeviceActName): DeviceAct {
  return { run: ACTS[name], unanswered: ({ access }) => void access.delete(TAKEN[name] ?? '') }
}

async function setUp(
  node: AppGrant,
  { progress, ...world }: { readonly progress: Progress } & Pick<DeviceState, 'tree' | 'clock'>,
): Promise<DeviceState> {
  const devices = devicesOf(node)
  const { app } = await node.apps.register(exampleApp({ owner: 'org', scopes: ['read', 'write'], public: true }))
  const { key } = app
  const { deviceCode: one, userCode } = await devices.authorize({ key })
  const other = deviceCodeOf({ client: key, userCode, endsAt: world.clock() + 10 * MINUTE })
  const state = { key, userCode, codes: { one, other }, ticket: '', access: new Map<string, string>(), ...world }
  if (progress === 'requested') return state
  await enterUserCode(node, { userCode, ...USER })
  if (progress === 'entered') return state
  await unanswered(devices.exchange({ key, deviceCode: one }))
  const asked = await devices.ask({ userCode, ...USER })
  if (asked.step !== 'consent') throw new Error('the device has not answered')
  const { ticket } = asked
  if (progress === 'approved') await devices.approve({ ticket, ...USER })
  return { ...state, ticket }
}

/** What each token gives, what the account is asked, and what each device gets, also once the account has approved. */
async function observe(state: DeviceState, node: AppGrant) {
  const { access, userCode } = state
  const held: Record<string, unknown> = {}
  for (const [name, text] of [...access].sort()) {
    const answer = await node.authorizer.tryVerify(text)
    held[name] = answer.ok ? answer.scope : answer.reason
  }
  const distinct = new Set(access.values()).size
  const poll = (device: DeviceName) => answerOf(polling(device, 'observed')(state, node))
  const first = state.ticket === '' ? 'not asked' : await poll('one')
  const asked = await answerOf(approveNow(userCode, node))
  return { held, distinct, first, asked, polled: [await poll('one'), await poll('other')] }
}

async function approveNow(userCode: string, node: AppGrant): Promise<string> {
  const asked = await devicesOf(node).ask({ userCode, ...USER })
  if (asked.step === 'consent') await devicesOf(node).approve({ ticket: asked.ticket, ...USER })
  return asked.step
}

/** The device with the user code of another one gets nothing (DEV-5). */
export const isAlone: NonNullable<DeviceScenario['always']> = async ({ access }) => {
  if (access.has('polled other')) throw new Error('two devices with one user code: the second one has tokens')
}

async function answerOf(call: Promise<string>): Promise<string> {
  return call.catch((error) => (isAppGrantError(error) ? error.code : `${error}`))
}
