import { describe, expect, it } from 'vitest'
import { createKey, isKey, KEY_LENGTH, PARTITIONS, partitionOf, partitionOfKey } from '../../src/credentials/app-key.ts'
import { createRandomText } from '../../src/credentials/random.ts'

const SLOTS = 16_384
const random = createRandomText()

/** CRC16-XMODEM, by which Redis Cluster finds the slot of a hash tag. */
function crc16(text: string): number {
  let crc = 0
  for (const byte of Buffer.from(text)) {
    crc ^= byte << 8
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff
  }
  return crc
}

describe('partitions', () => {
  it('there are 256 different partition labels of two characters', () => {
    expect(crc16('123456789')).toBe(0x31c3)
    expect(PARTITIONS).toHaveLength(256)
    expect(new Set(PARTITIONS).size).toBe(256)
    for (const label of PARTITIONS) expect(label).toMatch(/^[A-Za-z0-9]{2}$/)
  })

  it('each 64 hash slots hold one partition, so 3 to 30 masters hold equally many, give or take one', () => {
    const slots = PARTITIONS.map((label) => crc16(label) % SLOTS)
    expect(new Set(slots.map((slot) => Math.floor(slot / 64))).size).toBe(256)
    for (let masters = 3; masters <= 30; masters++) {
      const held = Array<number>(masters).fill(0)
      for (const slot of slots) {
        const master = Math.floor((slot * masters) / SLOTS)
        held[master] = (held[master] ?? 0) + 1
      }
      expect(Math.max(...held) - Math.min(...held), `${masters} masters: ${held}`).toBeLessThanOrEqual(1)
    }
  })

  it('owners are spread evenly over the partitions', () => {
    const held = new Map<string, number>()
    for (let n = 0; n < 51_200; n++) {
      const label = partitionOf(`account-${n}`)
      held.set(label, (held.get(label) ?? 0) + 1)
    }
    expect(held.size).toBe(256)
    // 200 are expected for each; the input is fixed, so the result is too.
    for (const [label, count] of held) expect(Math.abs(count - 200), label).toBeLessThan(75)
  })
})

describe('app keys', () => {
  it('an app key begins with the partition of its owner and never repeats', () => {
    const keys = Array.from({ length: 1000 }, () => createKey('org-7', random))
    expect(new Set(keys).size).toBe(1000)
    for (const key of keys) {
      expect(key).toHaveLength(KEY_LENGTH)
      expect(partitionOfKey(key)).toBe(partitionOf('org-7'))
      expect(isKey(key)).toBe(true)
    }
  })

  it('isKey recognizes an app key by its length, alphabet and label', () => {
    const key = createKey('org-7', random)
    const unlabelled = ['00', 'zz', 'aa', '__'].find((label) => !PARTITIONS.includes(label)) ?? ''
    const others = [
      '',
      key.slice(1),
      `${key}a`,
      `${key}\n`,
      `${key.slice(0, 31)}_`,
      `${key.slice(0, 31)}é`,
      unlabelled + key.slice(2),
    ]
    for (const other of others) expect(isKey(other), JSON.stringify(other)).toBe(false)
  })

  it('the key of a hostile owner stays in the alphabet (S43)', () => {
    for (const owner of ['{a}b', 'a:b', '*', '\0', '\r\n', '__proto__', 'ж'.repeat(5000), '{', '}{']) {
      expect(createKey(owner, random)).toMatch(/^[A-Za-z0-9]{32}$/)
      expect(PARTITIONS).toContain(partitionOf(owner))
    }
  })
})
