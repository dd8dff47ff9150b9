import { createSecretKey, type KeyObject } from 'node:crypto'

const MAX_KEYS = 8
const MIN_KEY_BYTES = 32
const MAX_KEY_BYTES = 1024

/** Secret keys of the host. The first one is used, those of all are accepted. */
export type KeyRing = readonly (string | Uint8Array)[]

/** What a {@link KeyRing} must be, in words. */
export const KEY_RING = `1–${MAX_KEYS} distinct keys of ${MIN_KEY_BYTES}–${MAX_KEY_BYTES} bytes, as strings or Uint8Arrays`

/** The keys in a form that inspection does not show; undefined if they are not a {@link KEY_RING}. */
export function readKeyRing(keys: unknown): readonly KeyObject[] | undefined {
  const isList = Array.isArray(keys) && keys.length > 0 && keys.length <= MAX_KEYS
  const bytes = isList ? keys.map(bytesOf) : []
  const areKeys = bytes.every((one) => one !== undefined && one.length >= MIN_KEY_BYTES && one.length <= MAX_KEY_BYTES)
  if (bytes.length === 0 || !areKeys || new Set(bytes.map((one) => one?.toString('hex'))).size < bytes.length)
    return undefined
  return bytes.map((one) => createSecretKey(one as Buffer))
}

function bytesOf(key: unknown): Buffer | undefined {
  if (typeof key === 'string') return Buffer.from(key)
  return key instanceof Uint8Array ? Buffer.from(key) : undefined
}
