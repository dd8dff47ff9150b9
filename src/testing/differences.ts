import { inspect, isDeepStrictEqual } from 'node:util'

const SHORT_LIST = 8
const SHORT_TEXT = 60
const AROUND = 12

/**
 * What distinguishes two values that are not deeply equal, in words: of records only the fields that differ, of long lists the
 * missing and additional items or the first place that differs, of long texts the first characters that differ.
 */
export function differenceOf(received: unknown, expected: unknown): string {
  if (isLongText(received, expected)) return textDifference(String(received), String(expected))
  if (isLongList(received) || isLongList(expected)) {
    if (Array.isArray(received) && Array.isArray(expected)) return listDifference(received, expected)
  }
  if (isRecord(received) && isRecord(expected)) {
    const fields = [...new Set([...Object.keys(expected), ...Object.keys(received)])]
    const differing = fields.filter((field) => !isDeepStrictEqual(received[field], expected[field]))
    if (differing.length > 0)
      return differing.map((field) => `${field}: ${differenceOf(received[field], expected[field])}`).join('; ')
  }
  return `expected ${shown(expected)}, received ${shown(received)}`
}

/** A value on one line, cut if it is long. Characters that are not ASCII are escaped, because several look alike. */
export function shown(value: unknown): string {
  const text = inspect(value, {
    depth: 4,
    breakLength: Number.POSITIVE_INFINITY,
    maxStringLength: 300,
    maxArrayLength: SHORT_LIST,
  })
  return escaped(text)
}

function escaped(text: string): string {
  return text.replace(/[^\x20-\x7e]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}

const isLongText = (...values: readonly unknown[]) =>
  values.every((value) => typeof value === 'string') && values.some((value) => String(value).length > SHORT_TEXT)

const isLongList = (value: unknown) => Array.isArray(value) && value.length > SHORT_LIST

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function textDifference(received: string, expected: string): string {
  let at = 0
  while (at < received.length && received[at] === expected[at]) at++
  const around = (text: string) =>
    `${shown(text.slice(Math.max(0, at - AROUND), at + AROUND))} (of ${text.length} characters)`
  return `at character ${at}: expected ${around(expected)}, received ${around(received)}`
}

function listDifference(received: readonly unknown[], expected: readonly unknown[]): string {
  const sizes = `expected ${expected.length} items, received ${received.length}`
  const left = [...received]
  const missing = expected.filter((item) => {
    const at = left.findIndex((other) => isDeepStrictEqual(other, item))
    if (at >= 0) left.splice(at, 1)
    return at < 0
  })
  const at = expected.findIndex((item, index) => !isDeepStrictEqual(item, received[index]))
  const first = at < 0 ? expected.length : at
  const difference = `the first difference is at ${first}: ${differenceOf(received[first], expected[first])}`
  if (missing.length + left.length === 0) return `${sizes} in another order; ${difference}`
  const surplus = left.length > 0 ? `; not expected: ${shown(left)}` : ''
  return `${sizes}; ${difference}; missing: ${shown(missing)}${surplus}`
}
