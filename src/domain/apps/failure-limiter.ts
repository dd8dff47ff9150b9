import { isIP } from 'node:net'
import { AppGrantError } from '../../base/errors.ts'
import { createWindows } from '../../base/windows.ts'
import { isKey } from '../../credentials/app-key.ts'

const WINDOW_MS = 60_000

/** How many failures a window allows: of one app from one address, and of one address. */
export interface FailureLimits {
  readonly failedAttemptsPerApp: number
  readonly failedAttemptsPerAddress: number
}

/**
 * Counts failed authentications, and credentials that were used again, in this process, per address and per (key, address). Without
 * an address nothing is counted. A text that cannot be a key counts against its address only, so that nothing of it is kept (ERR-7).
 */
export interface FailureLimiter {
  /** Counts a failure. @returns the seconds to wait if there were too many, or else 0. */
  count(failure: Failure): number
  /** Takes back a failure that was counted before it was known. */
  forgive(failure: Failure): void
}

/** Which app failed to authenticate, and from where. */
interface Failure {
  readonly key: string
  readonly remoteAddress: string | undefined
}

export function createFailureLimiter({
  clock,
  limits,
}: {
  readonly clock: () => number
  readonly limits: FailureLimits
}): FailureLimiter {
  const windows = createWindows({ clock, windowMs: WINDOW_MS })
  return {
    count({ key, remoteAddress }) {
      const network = networkOf(remoteAddress)
      if (!network) return 0
      const ofAddress = windows.count(network, limits.failedAttemptsPerAddress)
      const ofApp = isKey(key) ? windows.count(`${network} ${key}`, limits.failedAttemptsPerApp) : 0
      return Math.max(ofAddress, ofApp)
    },
    forgive({ key, remoteAddress }) {
      const network = networkOf(remoteAddress)
      if (!network) return
      windows.uncount(network)
      windows.uncount(`${network} ${key}`)
    },
  }
}

/** The error for a failed attempt after too many others. @param options - `isChecked`: whether the credentials were. Default is true. */
export function tooManyFailures(
  retryAfterSeconds: number,
  { isChecked = true }: { readonly isChecked?: boolean } = {},
): AppGrantError<'too_many_failures'> {
  return new AppGrantError('too_many_failures', {
    message: 'too many failed attempts',
    hint: isChecked
      ? 'Wait, then retry with valid credentials, which are never rejected for this reason.'
      : 'Wait, then retry. The secret was not checked: its hash is from another server and takes long. After the first success it is checked at once.',
    details: { retryAfterSeconds },
  })
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
