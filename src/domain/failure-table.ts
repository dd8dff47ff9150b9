import { isIP } from 'node:net'

/** Failures of one address, or of one key from one address, that are answered as such within a window. */
const MAX_FAILURES = 10
const MAX_FAILURES_OF_ADDRESS = 50
const WINDOW_MS = 60_000
/** The oldest entries give way: a flood costs no memory, it only forgets sooner. */
const MAX_ENTRIES = 20_000

/** Counts failed authentications, in this process, per address and per (key, address). Nothing is counted without an address. */
export interface FailureTable {
  /** Counts a failure. @returns how many seconds to wait where there were too many, else 0. */
  count(failure: { readonly key: string; readonly remoteAddress: string | undefined }): number
  /** How many entries it holds. */
  readonly size: number
}

export function createFailureTable(clock: () => number): FailureTable {
  // In the order of their windows' ends, for every window is as long.
  const windows = new Map<string, { failures: number; endsAt: number }>()

  function add(name: string, most: number): number {
    const now = clock()
    const known = windows.get(name)
    const window = known && known.endsAt > now ? known : { failures: 0, endsAt: now + WINDOW_MS }
    if (window !== known) {
      windows.delete(name)
      windows.set(name, window)
      const [oldest] = windows.keys()
      if (windows.size > MAX_ENTRIES && oldest !== undefined) windows.delete(oldest)
    }
    return ++window.failures > most ? Math.ceil((window.endsAt - now) / 1000) : 0
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

/** An IPv4 address, or the /64 of an IPv6 one, for its owner has all of that; undefined for anything else. */
function networkOf(address: string | undefined): string | undefined {
  if (address === undefined || address.length > 64) return undefined
  const plain = address.replace(/%.*$/, '').toLowerCase()
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(plain)?.[1]
  if (mapped || isIP(plain) === 4) return mapped ?? plain
  if (isIP(plain) !== 6) return undefined
  const [head = '', tail] = plain.split('::')
  const groups = head.split(':').filter(Boolean)
  const behind = tail?.split(':').filter(Boolean) ?? []
  const full = [...groups, ...Array(Math.max(0, 8 - groups.length - behind.length)).fill('0'), ...behind]
  return full
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}
