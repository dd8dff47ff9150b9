import fc from 'fast-check'
import { seededRandom } from '../../src/testing/seeded-random.ts'

/**
 * Values that no method expects in that place. Only the fields of an app include objects whose getters throw: what an app
 * sends may come from anywhere and is read with care, while every other argument is the host's own object, and so is an error
 * of its getter.
 */

const LONG = 'a'.repeat(100_000)

/** Attacks on comparable libraries (S40, S41, S43, S45). */
const AIMED: readonly unknown[] = [
  undefined,
  null,
  true,
  0,
  -0,
  -1,
  1.5,
  1e308,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  10n,
  '',
  ' ',
  Symbol('s'),
  () => 'x',
  class {},
  [],
  {},
  [[]],
  [null],
  [undefined],
  Array(3),
  Object.assign(Array(2), { 1: 'x' }),
  Array(5000).fill('x'),
  Object.create(null),
  { $ne: null },
  { $gt: '' },
  { $where: 'sleep(1000)' },
  { length: 1 },
  { toString: () => 'x', valueOf: () => 'x' },
  Object('x'),
  Object(5),
  Object(true),
  new Date(),
  new Date(Number.NaN),
  /x/,
  new Map([['key', 'x']]),
  new Set(['x']),
  new URL('https://a.example/'),
  new URLSearchParams('key=x'),
  Buffer.from('x'),
  new Error('x'),
  Promise.resolve('x'),
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'a:b',
  '{a}',
  '{',
  '}',
  '*',
  '\r\n',
  '\0',
  '..',
  '../../x',
  "' OR 1=1",
  '\ud800',
  'x\ud800',
  '\u202e',
  '\u200b',
  '＃／．＠',
  'ﷺ'.repeat(300),
  'javascript:alert(1)',
  'https://a.example/#x',
  'https://a.example/\t',
  'a'.repeat(257),
  'a'.repeat(10_000),
  LONG,
  `https://a.example/${LONG}`,
  `${LONG}@a.example`,
  `a@${'a.'.repeat(50_000)}`,
  `ag_at_${LONG}`,
  '('.repeat(100_000),
]

/** All JavaScript types, with the aimed ones. @returns a source that repeats itself for the same seed. */
export function hostileValues(seed: number): {
  value(): unknown
  pick<T>(of: readonly T[]): T
  chance(of: number): boolean
} {
  const anything = fc.anything({
    maxDepth: 2,
    maxKeys: 3,
    withBigInt: true,
    withBoxedValues: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSet: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  })
  const pool = fc.sample(anything, { seed, numRuns: 3000 })
  const random = seededRandom(seed)
  const pick = <T>(of: readonly T[]) => of[Math.floor(random() * of.length)] as T
  const chance = (of: number) => random() < of
  return { pick, chance, value: () => (chance(0.5) ? pick(AIMED) : pick(pool)) }
}

/** The object with some of its properties replaced, omitted, or with unknown properties. */
export function spoil(object: object, hostile: ReturnType<typeof hostileValues>): object {
  const names = Object.keys(object)
  const spoilt: Record<string, unknown> = { ...object }
  for (let n = hostile.pick([1, 1, 2, 3]); n > 0; n--) {
    const name = hostile.pick([...names, 'extra', 'constructor', 'stamp', '$where'])
    if (hostile.chance(0.15)) delete spoilt[name]
    else spoilt[name] = hostile.value()
  }
  return spoilt
}
