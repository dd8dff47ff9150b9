import { knownMembers } from '../../base/known-members.ts'
import { numberToBase62 } from '../../credentials/base62.ts'
import { digestOf, macOf, sameDigest } from '../../credentials/digest.ts'
import { WIDTH } from '../../credentials/token-format.ts'
import type { LiveApp } from '../../records/app.ts'
import type { Collection } from '../../records/collection.ts'
import type { DeviceClaim } from '../../records/device-claim.ts'
import {
  type ApprovedSession,
  CODE,
  type Session,
  sessionKind,
  sessionRef,
  tagOf,
  wasApproved,
} from '../../records/session.ts'
import type { IdentityOf } from '../accounts/accounts.ts'
import { CREDENTIAL_NAMES, CREDENTIALS } from '../apps/authenticate-app.ts'
import type { Credential } from '../grants/session-credential.ts'
import type { SessionExchange } from '../grants/session-exchange.ts'
import type { SessionGrant } from '../grants/session-grant.ts'
import { idInput, objectInput, sourceInput } from '../input/input.ts'
import type { Lifetimes } from '../input/lifetimes.ts'
import { resourcesInput } from '../input/resources.ts'
import type { Known, Refusals } from '../refusals.ts'
import type { AppOfCredential } from '../registration/app-of-credential.ts'
import { type AuthenticateClient, nameOfClient, type RequestingClient } from '../registration/requesting-client.ts'
import type { ProvenKeys } from '../tokens/proven-keys.ts'
import type { DeviceClaims } from './device-claims.ts'
import type { DeviceCodes, DeviceRequest } from './device-codes.ts'
import { accessDenied, authorizationPending, expiredDeviceCode, invalidDeviceCode, slowDown } from './device-errors.ts'
import type { DeviceCodeInput, DeviceGrant } from './device-grant.ts'
import { assertAllowed, type DeviceGrantOptions } from './device-options.ts'
import { createPollIntervals } from './poll-intervals.ts'

export interface ExchangeDeviceCodeParts {
  readonly collection: Collection
  readonly codes: DeviceCodes
  readonly claims: DeviceClaims
  readonly authenticate: AuthenticateClient
  readonly appOfCredential: AppOfCredential
  readonly sessions: SessionExchange
  readonly provenKeys: ProvenKeys
  readonly refusals: Refusals
  readonly identityOf: IdentityOf
  readonly options: DeviceGrantOptions
  readonly clock: () => number
  readonly lifetimes: Lifetimes
}

const INPUT = knownMembers<DeviceCodeInput>(
  { ...CREDENTIALS, deviceCode: true, resources: true, dpopProof: true },
  { ...CREDENTIAL_NAMES, device_code: 'deviceCode', code: 'deviceCode' },
)

/** Exchanges device codes. A poll writes only if a signed-in account has entered the user code of the device (ERR-5). */
export function createExchangeDeviceCode(parts: ExchangeDeviceCodeParts): DeviceGrant['exchange'] {
  const { collection, codes, claims, authenticate, appOfCredential, sessions, provenKeys, refusals, clock, lifetimes } =
    parts
  const intervals = createPollIntervals(clock)

  return async (input) => {
    const source = sourceInput(objectInput(input, 'input', INPUT))
    const text = idInput(input.deviceCode, 'deviceCode')
    const jkt = await provenKeys.keyOf(input, source)
    const client = await authenticate(input)
    const known: Known = { ...(client.app && { app: client.app.key }), ...source }
    return refusals.watch({}, known, async () => {
      if (client.app) assertAllowed(client.app, parts)
      const request = codes.read(text)
      if (!request) throw invalidDeviceCode('unknown')
      if (request.client !== nameOfClient(client)) throw invalidDeviceCode('other_app')
      const digest = digestOf(text)
      const seconds = intervals.count(digest)
      if (seconds !== undefined) throw slowDown(seconds)
      const session = await approved(request, { client, digest, known })
      const app = client.app ?? (await ownApp(session, client, known))
      const grant: SessionGrant = { ...DEVICE_GRANT, assertBound: (found) => assertBound(found, digest) }
      const credential = credentialOf(session, text)
      const resources = resourcesInput(input.resources)
      return sessions.exchange({ app, text, credential, grant, scope: undefined, resources, jkt, source })
    })
  }

  /** The session that the account has opened for the device. */
  async function approved(
    request: DeviceRequest,
    { client, digest, known }: { readonly client: RequestingClient; readonly digest: string; readonly known: Known },
  ): Promise<ApprovedSession> {
    const keptUntil = request.endsAt + lifetimes.codeSeconds * 1000
    if (clock() >= keptUntil) throw expiredDeviceCode()
    const { userCode, client: _, ...requested } = request
    const { userAgent, remoteAddress } = known
    const device = {
      ...requested,
      digest,
      client: client.id,
      ...(userAgent !== undefined && { userAgent }),
      ...(remoteAddress !== undefined && { remoteAddress }),
    }
    const claim = await claims.answer(userCode, device, keptUntil)
    if (claim?.isVoid) throw voided(claim, known)
    const session = claim?.session && (await collection.load<Session>(sessionKind, sessionRef(refOf(claim.session))))
    if (session && wasApproved(session)) return session
    // An ended session that was not decided was replaced, or was never shown.
    if (session?.state === 'ended' && session.decided) throw accessDenied()
    throw clock() >= request.endsAt ? expiredDeviceCode() : authorizationPending()
  }

  function voided({ account, login }: DeviceClaim, known: Known) {
    refusals.report({ account, ...(login !== undefined && { login }) }, known, 'invalid_user_code', 'two_devices')
    return accessDenied()
  }

  /** The account's app of a program that registers itself. */
  async function ownApp(session: Session, client: RequestingClient, known: Known): Promise<LiveApp> {
    const found = await appOfCredential({ app: session.app, session: session.id })
    if (found === undefined || found === 'removed') throw invalidDeviceCode('revoked')
    if (found.app.origin?.identity !== nameOfClient(client)) throw invalidDeviceCode('other_app')
    if (!found.isNew) known.app = found.app.key
    assertAllowed(found.app, parts)
    return found.app
  }
}

const DEVICE_GRANT = {
  kind: 'dc',
  invalid: (fault) => (fault === 'expired' ? expiredDeviceCode() : invalidDeviceCode(fault)),
} as const satisfies SessionGrant

/** The device code names no session, so this, and not the tag, proves that the session is its own. */
function assertBound({ binding }: Session, digest: string): void {
  if (!sameDigest(binding, digest)) throw invalidDeviceCode('unknown')
}

/** What the session would have issued as a code: the next credentials are derived from the device code itself. */
function credentialOf(session: ApprovedSession, text: string): Credential {
  return {
    kind: 'dc',
    app: session.app,
    install: session.install?.id ?? '',
    session: session.id,
    stage: numberToBase62(CODE, WIDTH.stage),
    secret: macOf(text, WIDTH.secret, 'device code'),
    tag: tagOf(session, 'dc', CODE),
  }
}

function refOf({ app, id }: NonNullable<DeviceClaim['session']>) {
  return { app, session: id }
}
