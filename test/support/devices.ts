import { onTestFinished } from 'vitest'
import { checkKeyRing } from '../../src/credentials/key-ring.ts'
import { createDeviceCodes, type DeviceRequest } from '../../src/domain/devices/device-codes.ts'
import {
  type AppGrant,
  type AppGrantOptions,
  type DeviceCodeInput,
  type DeviceConsent,
  type DeviceRequestInput,
  type EnteringActor,
  isAppGrantError,
} from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { createFixture } from './fixture.ts'
import { ISSUER, type OpenStore, SECOND } from './session-fixture.ts'

export const RING_KEY = 'a key of the ring that only the tests have'
export const DEVICES = { keyRing: [RING_KEY], deviceGrant: { apps: () => true } } as const

interface Actor {
  readonly account?: string
  readonly login?: string
}

/** The codes of a device, with the devices of the node that issued them. */
export interface Device {
  readonly deviceCode: string
  readonly userCode: string
}

/** A public app of `org` for devices, and each step from its request to its tokens. */
export async function deviceFixture(
  open: OpenStore,
  options: Partial<AppGrantOptions> = {},
  fields: Parameters<typeof exampleApp>[0] = {},
) {
  // The clock of a test is not that of a server.
  const { time: _, ...inner } = await open()
  onTestFinished(() => inner.close())
  const settings = { issuer: ISSUER, timeoutMs: 30_000, ...DEVICES, ...options }
  const fixture = createFixture(inner, settings)
  const { appgrant, clock } = fixture
  const { app, secret } = await appgrant.apps.register(
    exampleApp({ owner: 'org', name: 'Desk Phone', scopes: ['read', 'write'], public: true, ...fields }),
  )
  const proof = { key: app.key, ...(secret !== undefined && { secret }) }
  const steps = {
    request: (changed: Partial<DeviceRequestInput> = {}, node: AppGrant = appgrant) =>
      devicesOf(node).authorize({ ...proof, ...changed } as DeviceRequestInput),
    enter: (userCode: string, { account = 'user', login }: Actor = {}, node: AppGrant = appgrant) =>
      enterUserCode(node, { userCode, account, login }),
    ask: (userCode: string, { account = 'user', login }: Actor = {}, node: AppGrant = appgrant) =>
      devicesOf(node).ask({ userCode, account, login }),
    /** A poll, long after the one before. */
    async poll({ deviceCode }: Pick<Device, 'deviceCode'>, changed: Partial<DeviceCodeInput> = {}, node = appgrant) {
      clock.advance(5 * SECOND)
      return devicesOf(node).exchange({ ...proof, deviceCode, ...changed } as DeviceCodeInput)
    },
    approve: (ticket: string, changed: Actor & { readonly scope?: readonly string[] } = {}, node = appgrant) =>
      devicesOf(node).approve({ ticket, account: 'user', ...changed }),
    deny: (ticket: string, changed: Actor = {}) => devicesOf(appgrant).deny({ ticket, account: 'user', ...changed }),
    /** A device whose code an account has entered, and that has answered: what the account is asked. */
    async asked(changed?: Partial<DeviceRequestInput>, actor?: Actor): Promise<Device & DeviceConsent> {
      const { deviceCode, userCode } = await steps.request(changed)
      await steps.enter(userCode, actor)
      await unanswered(steps.poll({ deviceCode }, changed?.key === undefined ? {} : { key: changed.key }))
      const asked = await steps.ask(userCode, actor)
      if (asked.step !== 'consent') throw new Error('the device has not answered')
      return Object.assign(asked, { deviceCode })
    },
    async verify(accessToken: string) {
      const access = await appgrant.authorizer.tryVerify(accessToken)
      return access.ok ? 'ok' : access.reason
    },
  }
  return { ...fixture, inner, app, proof, ...steps }
}

export function devicesOf({ devices }: AppGrant): NonNullable<AppGrant['devices']> {
  if (!devices) throw new Error('the node has no device grant')
  return devices
}

/** Enters a user code as the form of a page does. */
export async function enterUserCode(
  node: AppGrant,
  { userCode, ...actor }: { readonly userCode: string } & EnteringActor,
): Promise<void> {
  const { ticket } = await devicesOf(node).beginEntry(actor)
  await devicesOf(node).enterUserCode({ ticket, userCode, ...actor })
}

/** A poll of a device that the account has not decided about. Any other refusal passes through. */
export async function unanswered(poll: Promise<unknown>): Promise<void> {
  const refusal: unknown = await poll.then(
    () => new Error('expected authorization_pending, received tokens'),
    (error) => error,
  )
  if (!isAppGrantError(refusal, 'authorization_pending')) throw refusal
}

/** A device code that asks for what is given: chance gives two devices the same user code once in 25 billion. */
export function deviceCodeOf(request: DeviceRequest): string {
  return createDeviceCodes(checkKeyRing('createAppGrant', 'keyRing', DEVICES.keyRing), 'ag').write(request)
}
