import { createSecretKey, type KeyObject } from 'node:crypto'
import { invalidOption } from '../base/errors.ts'

const MAX_KEYS = 8
const MIN_KEY_BYTES = 32
const MAX_KEY_BYTES = 1024

/** Keys of the host: the first is used for what is new, all for what is presented. Inspection does not show what is in them. */
export type KeyRing = readonly KeyObject[]

/** @param call - the function that has the option. @throws TypeError that names the option, without the keys. */
export function checkKeyRing(call: string, option: string, keys: unknown): KeyRing {
  const expected = `1–${MAX_KEYS} distinct keys of ${MIN_KEY_BYTES}–${MAX_KEY_BYTES} bytes, as strings or Uint8Arrays`
  const isList = Array.isArray(keys) && keys.length > 0 && keys.length <= MAX_KEYS
  const bytes = isList ? keys.map(bytesOf) : []
  const areKeys = bytes.every((one) => one !== undefined && one.length >= MIN_KEY_BYTES && one.length <= MAX_KEY_BYTES)
  if (bytes.length === 0 || !areKeys || new Set(bytes.map((one) => one?.toString('hex'))).size < bytes.length)
    throw invalidOption(call, option, expected, keys, { isSecret: true })
  return bytes.map((one) => createSecretKey(one as Buffer))
}

function bytesOf(key: unknown): Buffer | undefined {
  if (typeof key === 'string') return Buffer.from(key)
  return key instanceof Uint8Array ? Buffer.from(key) : undefined
}
