import type { KeyRing } from '../../credentials/key-ring.ts'
import { createSealer } from '../../credentials/sealer.ts'

/** What a device code says. Times are in ms since 1970. */
export interface DeviceRequest {
  /** The key of the app, or the identity of a program that registers itself. */
  readonly client: string
  readonly userCode: string
  /** What was requested. */
  readonly scope?: readonly string[]
  readonly resources?: readonly string[]
  readonly endsAt: number
}

/** Writes and reads device codes: what a device has requested, sealed, so that nothing of it is stored. */
export interface DeviceCodes {
  write(request: DeviceRequest): string
  /** Undefined if it was not issued here. */
  read(text: string): DeviceRequest | undefined
}

/** The longest device code, in characters. Devices send it in forms. */
export const MAX_DEVICE_CODE = 8192

/** A device code is `<prefix>_dc_` and what is sealed: a random number of 96 bits and a MAC of 128 bits are in it. */
export function createDeviceCodes(keyRing: KeyRing, tokenPrefix: string): DeviceCodes {
  const sealer = createSealer(keyRing, 'appgrant device code')
  const head = `${tokenPrefix}_dc_`

  return {
    write: ({ client: c, userCode: u, scope: s, resources: r, endsAt: e }) =>
      head + sealer.seal(JSON.stringify({ c, u, s, r, e })),
    read(text) {
      if (text.length > MAX_DEVICE_CODE || !text.startsWith(head)) return undefined
      const opened = sealer.open(text.slice(head.length))
      if (opened === undefined) return undefined
      const { c: client, u: userCode, s: scope, r: resources, e: endsAt } = JSON.parse(opened)
      return { client, userCode, ...(scope && { scope }), ...(resources && { resources }), endsAt }
    },
  }
}
