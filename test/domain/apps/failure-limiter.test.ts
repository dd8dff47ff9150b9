import { describe, expect, it } from 'vitest'
import { createFailureLimiter } from '../../../src/domain/apps/failure-limiter.ts'
import { manualClock } from '../../../src/testing/index.ts'

const LIMITS = { failedAttemptsPerApp: 10, failedAttemptsPerAddress: 50 }
/** The key of an app. */
const keyOf = (name: string) => `4L${name.padStart(30, '0')}`

const setUp = (limits = LIMITS) => {
  const clock = manualClock()
  const table = createFailureLimiter({ clock, limits })
  const fail = (remoteAddress: string | undefined, key = keyOf('k')) => table.count({ key, remoteAddress })
  const failTimes = (times: number, address: string, key?: string) => {
    for (let n = 0; n < times; n++) fail(address, key)
  }
  return { clock, fail, failTimes }
}

describe('failure limits (ERR-3)', () => {
  it('ten failures of a key from an address are allowed in a minute, and then the wait is returned (ERR-3)', () => {
    const { fail, clock } = setUp()
    for (let n = 0; n < 10; n++) expect(fail('192.0.2.1')).toBe(0)
    expect(fail('192.0.2.1')).toBe(60)
    clock.advance(59_001)
    expect(fail('192.0.2.1')).toBe(1)
    clock.advance(998)
    expect(fail('192.0.2.1')).toBe(1)
    clock.advance(1)
    expect(fail('192.0.2.1')).toBe(0)
  })

  it('failures count per key and address, not against another key or address (ERR-3)', () => {
    const { fail, failTimes } = setUp()
    failTimes(20, '192.0.2.1', keyOf('one'))
    expect(fail('192.0.2.1', keyOf('two'))).toBe(0)
    expect(fail('192.0.2.2', keyOf('one'))).toBe(0)
  })

  it('fifty failures of an address are allowed, whatever the keys (ERR-3)', () => {
    const { fail } = setUp()
    for (let n = 0; n < 50; n++) expect(fail('192.0.2.1', keyOf(`${n}`))).toBe(0)
    expect(fail('192.0.2.1', keyOf('50'))).toBeGreaterThan(0)
  })

  it('a text that cannot be a key counts against its address only (ERR-3, ERR-7)', () => {
    const { fail } = setUp()
    for (let n = 0; n < 50; n++) expect(fail('192.0.2.1', 'not a key'.padEnd(16_000, 'x'))).toBe(0)
    expect(fail('192.0.2.1', 'not a key')).toBeGreaterThan(0)
  })

  it('the limits of failures are those that the host has set (ERR-3)', () => {
    const { fail } = setUp({ failedAttemptsPerApp: 1, failedAttemptsPerAddress: 3 })
    expect([fail('192.0.2.1'), fail('192.0.2.1')]).toEqual([0, 60])
    expect([fail('192.0.2.1', keyOf('two')), fail('192.0.2.1', keyOf('three'))]).toEqual([0, 60])
  })

  it('an IPv6 address counts by its /64, in any spelling (S23)', () => {
    const { fail, failTimes } = setUp()
    failTimes(10, '2001:db8:1:2::1')
    const same = [
      '2001:db8:1:2:ffff:ffff:ffff:ffff',
      '2001:DB8:1:2::',
      '2001:0db8:0001:0002:0:0:0:9',
      '2001:db8:1:2::1%eth0',
    ]
    for (const address of same) expect(fail(address), address).toBeGreaterThan(0)
    for (const address of ['2001:db8:1:3::1', '2001:db8::1:2:0:0:1', '2001:db8:1::2'])
      expect(fail(address), address).toBe(0)
  })

  it('an IPv4-mapped IPv6 address counts as the IPv4 address, in any spelling', () => {
    const { fail, failTimes } = setUp()
    failTimes(10, '192.0.2.1')
    const same = [
      '::ffff:192.0.2.1',
      '::FFFF:192.0.2.1',
      '::ffff:c000:201',
      '0:0:0:0:0:ffff:192.0.2.1',
      '::ffff:192.0.2.1%eth0',
    ]
    for (const address of same) expect(fail(address), address).toBeGreaterThan(0)
    expect(fail('::ffff:192.0.2.2')).toBe(0)
    expect(fail('::ffff:c000:203')).toBe(0)
  })

  it('nothing is counted without an address or for a value that is not an address (S25)', () => {
    const { fail } = setUp()
    const none = [
      undefined,
      '',
      'localhost',
      '1.2.3',
      '1.2.3.4, 5.6.7.8',
      '999.1.1.1',
      ':::',
      'unknown',
      '_hidden',
      '1.2.3.4:80',
      'a'.repeat(100_000),
    ]
    for (const address of none) for (let n = 0; n < 60; n++) expect(fail(address)).toBe(0)
  })

  it('a flood of addresses forgets failures, but not those of an address that goes on failing (S27)', () => {
    const { fail, failTimes } = setUp()
    failTimes(11, '192.0.2.1')
    failTimes(11, '192.0.2.2')
    for (let n = 0; n < 60_000; n++) {
      fail(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)
      if (n % 1000 === 0) expect(fail('192.0.2.2')).toBeGreaterThan(0)
    }
    expect(fail('192.0.2.2')).toBeGreaterThan(0)
    expect(fail('192.0.2.1')).toBe(0)
  })
})
