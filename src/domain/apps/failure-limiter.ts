import { isIP } from 'node:net'

/** Failures per window, of a key from an address and of an address, before they become `too_many_failures`. */
const MAX_FAILURES = 10
const MAX_FAILURES_OF_ADDRESS = 50
const WINDOW_MS = 60_000
/** The oldest entries are evicted, so that a flood of addresses cannot exhaust memory. */
const MAX_ENTRIES = 20_000

/** Counts failed authentications in this process, per address and per (key, address). Without an address nothing is counted. */
export interface FailureLimiter {
  /** Counts a failure. @returns the seconds to wait if there were too many, or else 0. */
  count(failure: { readonly key: string; readonly remoteAddress: string | undefined }): number
  readonly size: number
}

export function createFailureLimiter(clock: () => number): FailureLimiter {
  // In the order in which they end, because all windows are equally long.
  const windows = new Map<string, { failures: number; endsAt: number }>()
  // A single iterator, because a new one would have to skip all deleted entries to find the oldest.
  const byAge = windows.keys()

  function add(name: string, max: number): number {
    const now = clock()
    const known = windows.get(name)
    const window = known && known.endsAt > now ? known : { failures: 0, endsAt: now + WINDOW_MS }
    if (window !== known) {
      windows.delete(name)
      windows.set(name, window)
      if (windows.size > MAX_ENTRIES) windows.delete(byAge.next().value ?? '')
    }
    return ++window.failures > max ? Math.ceil((window.endsAt - now) / 1000) : 0
  }

  return {
    count({ key, remoteAddress }) {
      const network = networkOf(remoteAddress)
      if (!network) return 0
      return Math.max(add(network, MAX_FAILURES_OF_ADDRESS), add(`${network} ${key.slice(0, 64)}`, MAX_FAILURES))
    },
    get size() {
      return windows.size
    },
  }
}

/** An IPv4 address, or the /64 of an IPv6 address, because one owner has all of it; undefined for anything else. */
function networkOf(address: string | undefined): string | undefined {
  if (address === undefined || address.length > 64) return undefined
  const plain = address.replace(/%.*$/, '')
  if (isIP(plain) === 4) return plain
  if (isIP(plain) !== 6) return undefined
  const groups = groupsOf(plain)
  // A dual-stack socket reports an IPv4 address as ::ffff:a.b.c.d.
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (isMapped)
    return groups
      .slice(6)
      .map((group) => `${group >> 8}.${group & 255}`)
      .join('.')
  return groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): readonly number[] {
  const read = (text: string) =>
    text.split(':').flatMap((group) => {
      if (group === '') return []
      if (!group.includes('.')) return [Number.parseInt(group, 16)]
      const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
      return [(a << 8) | b, (c << 8) | d]
    })
  const [head = '', tail = ''] = address.split('::')
  const [left, right] = [read(head), read(tail)]
  return [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right]
}
