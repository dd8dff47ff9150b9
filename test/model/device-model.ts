import fc from 'fast-check'
import { expect } from 'vitest'
import type { AppGrant, ErrorCode } from '../../src/index.ts'
import { codeOf } from '../support/code-of.ts'
import { deviceCodeOf, devicesOf, enterUserCode } from '../support/devices.ts'
import type { Fixture } from '../support/fixture.ts'
import { LIFE, SECOND } from '../support/session-fixture.ts'
import {
  type Account,
  CHAIN,
  type Command,
  credential,
  heldScopes,
  type Model,
  type ModelApp,
  mayAct,
  type Part,
  secretOf,
} from './lifecycle-model.ts'
import {
  advance,
  approve,
  hasAskedTooOften,
  holderOf,
  isRepeatable,
  type ModelSession,
  refusalBefore,
  repeat,
  scopeNow,
  standingFor,
} from './session-model.ts'

/** Devices in the model: their codes, the user codes that accounts have entered, and what they were asked. */

const INTERVAL = 5
const TOLERANCE = SECOND

interface ModelDevice {
  readonly app: ModelApp
  readonly deviceCode: string
  readonly userCode: string
  /** When its code expires. */
  readonly endsAt: number
}

/** A user code that an account has entered. */
interface ModelClaim {
  readonly account: Account
  expiresAt: number
  /** The device that has answered. */
  device: ModelDevice | undefined
  /** Two devices have answered. */
  isVoid: boolean
  /** What the account was asked last. */
  request: ModelRequest | undefined
}

/** A consent request. */
interface ModelRequest {
  readonly device: ModelDevice
  readonly account: Account
  readonly ticket: string
  readonly stamp: number
  readonly epoch: string | undefined
  readonly scope: readonly string[]
  /** What became of it: `replaced` if the account was asked again, a session if it has approved. */
  state: 'pending' | 'replaced' | 'denied' | ModelSession
}

interface Held {
  readonly devices: ModelDevice[]
  readonly claims: Map<string, ModelClaim>
  readonly requests: ModelRequest[]
}

const heldBy = new WeakMap<Model, Held>()

function heldOf(model: Model): Held {
  const held = heldBy.get(model) ?? { devices: [], claims: new Map(), requests: [] }
  heldBy.set(model, held)
  return held
}

function claimOf(model: Model, { userCode }: ModelDevice, now: number): ModelClaim | undefined {
  const claim = heldOf(model).claims.get(userCode)
  return claim && claim.expiresAt > now ? claim : undefined
}

const isOpen = ({ state }: ModelRequest) => state === 'pending' || state === 'replaced'

/** Which of the devices, counted from the newest, and whether it must be one with which the command does something. */
interface Which {
  readonly at: number
  readonly fits: boolean
}

const newest = fc.constant<Which>({ at: 0, fits: false })
const usual = fc.record({ at: fc.constantFrom(0, 0, 0, 1, 2), fits: fc.constantFrom(true, true, true, false) })

function deviceOf(model: Model, { at, fits }: Which, isFitting: (device: ModelDevice) => boolean): ModelDevice {
  const { devices } = heldOf(model)
  const fitting = fits ? devices.filter(isFitting) : []
  const from = fitting.length > 0 ? fitting : devices
  return from[from.length - 1 - (at % from.length)] as ModelDevice
}

const hasDevices = (model: Model) => heldOf(model).devices.length > 0

const request = fc
  .record({ app: fc.nat(20), secret: credential, isTwin: fc.constantFrom(false, false, false, false, false, true) })
  .map(({ app: at, secret: kind, isTwin }): Command => {
    const title = isTwin ? 'a device draws the code of another' : `a device asks for app ${at} with the ${kind} secret`
    return {
      check: (model) => (isTwin ? hasDevices(model) : model.apps.length > 0),
      async run(model, { appgrant, clock }) {
        const { devices } = heldOf(model)
        const endsAt = clock() + LIFE.pending
        const [twin] = isTwin ? devices.slice(-1) : []
        if (twin) {
          const { app, userCode } = twin
          devices.push({ app, userCode, deviceCode: deviceCodeOf({ client: app.key, userCode, endsAt }), endsAt })
          return void model.log.push(title)
        }
        const app = model.apps[at % model.apps.length] as ModelApp
        const { secret, isGood } = secretOf(model, app, kind)
        const call = devicesOf(appgrant).authorize({ key: app.key, secret })
        const outcome = await codeOf(call)
        expect(outcome, title).toBe(isGood ? mayAct(model, app) : 'app_authentication_failed')
        model.log.push(`${title}: ${outcome}`)
        if (outcome !== 'ok') return
        const { deviceCode, userCode } = await call
        devices.push({ app, deviceCode, userCode, endsAt })
      },
      toString: () => title,
    }
  })

const enter = (which: fc.Arbitrary<Which>) =>
  fc.tuple(which, fc.constantFrom(...CHAIN)).map(([where, asked]): Command => {
    const title = `${asked} enters the code of device ${where.at}`
    return {
      check: hasDevices,
      async run(model, { appgrant, clock }) {
        const device = deviceOf(model, where, (one) => !claimOf(model, one, clock()))
        const { app, userCode } = device
        const account = holderOf(app, asked)
        const claim = claimOf(model, device, clock())
        const outcome = await codeOf(enterUserCode(appgrant, { userCode, account }))
        expect(outcome, title).toBe(claim && claim.account !== account ? 'invalid_user_code' : 'ok')
        model.log.push(`${title}: ${outcome}`)
        if (claim || outcome !== 'ok') return
        const expiresAt = clock() + LIFE.pending
        heldOf(model).claims.set(userCode, { account, expiresAt, device: undefined, isVoid: false, request: undefined })
      },
      toString: () => title,
    }
  })

const pollsOf = new WeakMap<AppGrant, Map<ModelDevice, { readonly at: number; readonly seconds: number }>>()

/** Counts a poll, as each node does for itself. */
function isTooEarly({ appgrant, clock }: Fixture, device: ModelDevice): boolean {
  const polls = pollsOf.get(appgrant) ?? new Map()
  pollsOf.set(appgrant, polls)
  const { at, seconds } = polls.get(device) ?? { at: Number.NEGATIVE_INFINITY, seconds: INTERVAL }
  const isEarly = clock() - at < seconds * SECOND - TOLERANCE
  polls.set(device, { at: clock(), seconds: seconds + (isEarly ? INTERVAL : 0) })
  return isEarly
}

/** What a device with the right secret gets: a refusal, or what its session gives. */
function polledOf(model: Model, fixture: Fixture, device: ModelDevice): ErrorCode | ModelSession {
  const { app, endsAt } = device
  const now = fixture.clock()
  if (app.suspendedBy) return 'app_suspended'
  if (isTooEarly(fixture, device)) return 'slow_down'
  if (now >= endsAt + LIFE.code) return 'expired_device_code'
  const claim = claimOf(model, device, now)
  if (claim) {
    claim.isVoid ||= claim.device !== undefined && claim.device !== device
    if (claim.device === undefined) claim.expiresAt = Math.max(claim.expiresAt, endsAt + LIFE.code)
    claim.device ??= device
    if (claim.isVoid) return 'access_denied'
  }
  const state = claim?.request?.state
  if (typeof state === 'object') return state
  if (now >= endsAt) return 'expired_device_code'
  return state === 'denied' ? 'access_denied' : 'authorization_pending'
}

/** What the device code of an approved device gets, which ends the session if it was used long ago. */
function exchangedOf(model: Model, session: ModelSession, now: number): ErrorCode | 'ok' | 'ok again' {
  const before = refusalBefore(model, session, 'invalid_device_code', false)
  if (before !== 'ok') return before
  const { refreshes, isEnded } = session
  if (refreshes.length === 0 && !isEnded) return 'ok'
  if (refreshes.length === 1 && isRepeatable(session, now)) return 'ok again'
  session.isEnded = true
  return 'invalid_device_code'
}

const INTERVAL_MS = INTERVAL * SECOND
const later = fc.constantFrom(...Array<number>(16).fill(INTERVAL_MS), INTERVAL_MS - TOLERANCE, 3999, 0, LIFE.grace)

const poll = (which: fc.Arbitrary<Which>) =>
  fc.tuple(which, credential, later).map(([where, kind, ms]): Command => {
    const title = `device ${where.at} polls after ${ms} ms with the ${kind} secret`
    return {
      check: hasDevices,
      async run(model, fixture) {
        const { appgrant, clock } = fixture
        clock.advance(ms)
        const now = clock()
        const device = deviceOf(model, where, (one) => claimOf(model, one, now) !== undefined)
        const { app, deviceCode } = device
        const { secret, isGood } = secretOf(model, app, kind)
        const polled = isGood ? polledOf(model, fixture, device) : 'app_authentication_failed'
        const session = typeof polled === 'object' ? polled : undefined
        const expected = typeof polled === 'object' ? exchangedOf(model, polled, now) : polled
        const call = devicesOf(appgrant).exchange({ key: app.key, secret, deviceCode, userAgent: 'model' })
        expect(await codeOf(call), title).toBe(expected === 'ok again' ? 'ok' : expected)
        model.log.push(`${title}: ${expected}`)
        if (!session || !expected.startsWith('ok')) return
        const answer = await call
        expect(answer.scope, title).toEqual(scopeNow(model, session))
        if (expected === 'ok') advance(session, answer, now)
        else repeat(session, answer, now)
      },
      toString: () => title,
    }
  })

const ask = (which: fc.Arbitrary<Which>) =>
  fc.tuple(which, fc.constantFrom(...Array<undefined>(8).fill(undefined), ...CHAIN)).map(([where, other]): Command => {
    const title = `${other ?? 'its account'} is asked about device ${where.at}`
    return {
      check: hasDevices,
      async run(model, fixture) {
        const now = fixture.clock()
        const device = deviceOf(model, where, (one) => claimOf(model, one, now)?.device !== undefined)
        const { app, userCode } = device
        const claim = claimOf(model, device, now)
        const account = (other === undefined ? claim?.account : other) ?? holderOf(app, 'root')
        const expected = (): ErrorCode | 'waiting' | 'consent' => {
          if (!claim || claim.account !== account || claim.isVoid) return 'invalid_user_code'
          if (!claim.device) return 'waiting'
          if (now >= claim.device.endsAt) return 'invalid_user_code'
          if (app.isRemoved) return 'app_not_found'
          const standing = standingFor(model, app, account)
          if (standing !== 'ok') return standing
          if (hasAskedTooOften(fixture, account)) return 'limit_reached'
          return !claim.request || isOpen(claim.request) ? 'consent' : 'invalid_user_code'
        }
        const call = devicesOf(fixture.appgrant).ask({ userCode, account })
        const code = await codeOf(call)
        const outcome = code === 'ok' ? (await call).step : code
        expect(outcome, title).toBe(expected())
        model.log.push(`${title}: ${outcome}`)
        const asked = code === 'ok' ? await call : undefined
        if (asked?.step !== 'consent' || !claim?.device) return
        const scope = heldScopes(model, app)
        expect(asked.scopes.map(({ name }) => name)).toEqual(scope)
        if (claim.request) claim.request.state = 'replaced'
        const { ticket } = asked
        const { epoch } = model.accounts[account]
        const { stamp } = app
        claim.request = { device: claim.device, account, ticket, stamp, epoch, scope, state: 'pending' }
        heldOf(model).requests.push(claim.request)
      },
      toString: () => title,
    }
  })

const decide = fc
  .record({ at: fc.constantFrom(0, 0, 0, 0, 1), denies: fc.constantFrom(false, false, false, true) })
  .map(({ at, denies }): Command => {
    const title = `consent request ${at} about a device is ${denies ? 'denied' : 'approved'}`
    return {
      check: (model) => heldOf(model).requests.some(isOpen),
      async run(model, { appgrant, clock }) {
        const all = heldOf(model).requests.filter(isOpen)
        const asked = all[all.length - 1 - (at % all.length)] as ModelRequest
        const { account, ticket, state, device, stamp, epoch } = asked
        const { app, endsAt } = device
        const now = clock()
        const expected = (): ErrorCode | 'ok' => {
          const isUnchanged = !app.isRemoved && app.stamp === stamp
          if (state === 'replaced' || now >= endsAt || !isUnchanged) return 'invalid_ticket'
          if (app.suspendedBy) return 'app_suspended'
          if (denies) return 'ok'
          const standing = standingFor(model, app, account)
          if (standing !== 'ok') return standing
          return model.accounts[account].epoch === epoch ? 'ok' : 'invalid_ticket'
        }
        const devices = devicesOf(appgrant)
        const outcome = await codeOf(devices[denies ? 'deny' : 'approve']({ ticket, account }))
        expect(outcome, title).toBe(expected())
        model.log.push(`${title}: ${outcome}`)
        if (outcome !== 'ok') return
        const scope = asked.scope.filter((one) => heldScopes(model, app).includes(one))
        const approved = { app, account, scope, code: undefined, credentialEndsAt: endsAt + LIFE.code }
        asked.state = denies ? 'denied' : approve(model, approved, now)
      },
      toString: () => title,
    }
  })

const often = <T>(times: number, arbitrary: fc.Arbitrary<T>) => Array<fc.Arbitrary<T>>(times).fill(arbitrary)

/** Most of the way of a device from its request to its tokens: by chance alone, few lives would get so far. */
const way = fc
  .tuple(fc.constantFrom(4, 5, 6, 6), request, enter(newest), poll(newest), ask(newest), decide, poll(newest))
  .map(([steps, ...all]): Command => {
    const taken = all.slice(0, steps)
    return {
      check: (model) => model.apps.length > 0,
      async run(model, fixture) {
        for (const step of taken) if (step.check(model)) await step.run(model, fixture)
      },
      toString: () => taken.join(', '),
    }
  })

/** What they give is looked at with the sessions, which are a {@link Part} of their own. */
export const DEVICE_GRANT: Part = {
  commands: [
    ...often(2, request),
    ...often(2, enter(usual)),
    ...often(10, poll(usual)),
    ...often(3, ask(usual)),
    ...often(4, decide),
    ...often(7, way),
  ],
}
