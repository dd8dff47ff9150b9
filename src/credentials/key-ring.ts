import { createSecretKey, type KeyObject } from 'node:crypto'
import { describeValue } from '../base/describe-value.ts'
import { invalidOption } from '../base/errors.ts'

const MAX_KEYS = 8
const MIN_KEY_BYTES = 32
const MAX_KEY_BYTES = 1024

/** Keys of the host: the first is used for what is new, all for what is presented. Inspection does not show what is in them. */
export type KeyRing = readonly KeyObject[]

/** @param call - the function that has the option. @throws TypeError that names the option, without the keys. */
export function checkKeyRing(call: string, option: string, keys: unknown): KeyRing {
  const expected = `${MIN_KEY_BYTES}–${MAX_KEY_BYTES} bytes, as a string or a Uint8Array`
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS)
    throw invalidOption(call, option, `an array of 1–${MAX_KEYS} keys of ${expected}`, keys, { isSecret: true })
  const seen = new Map<string, number>()
  return keys.map((key: unknown, at) => {
    const bytes = bytesOf(key)
    if (bytes === undefined || bytes.length < MIN_KEY_BYTES || bytes.length > MAX_KEY_BYTES) {
      const received = bytes === undefined ? describeValue(key) : `${bytes.length} bytes`
      throw new TypeError(`${call}: ${option}[${at}]: expected a key of ${expected}, received ${received}`)
    }
    const same = seen.get(bytes.toString('hex'))
    if (same !== undefined)
      throw new TypeError(
        `${call}: ${option}[${at}]: expected a key of its own, received the same as ${option}[${same}]`,
      )
    seen.set(bytes.toString('hex'), at)
    return createSecretKey(bytes)
  })
}

function bytesOf(key: unknown): Buffer | undefined {
  if (typeof key === 'string') return Buffer.from(key)
  return key instanceof Uint8Array ? Buffer.from(key) : undefined
}
