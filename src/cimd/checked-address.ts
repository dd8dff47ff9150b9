import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'

/** How a host name becomes an address. */
export interface Addressing {
  /** The servers to ask, such as `192.0.2.1:53`. Default is those of the system. */
  readonly nameServers?: readonly string[]
  readonly isAllowed: (address: string) => boolean
}

const TIMEOUT_MS = 1500
const NO_DATA = new Set(['ENODATA', 'ENOTFOUND'])

/**
 * Looks up a host name, once. The name servers are asked directly: the resolver of the system takes a thread of the few that Node
 * has, for as long as the slowest name server of a stranger likes.
 *
 * @returns one address, which must be connected to without another look-up.
 * @throws Error if it is not a name, or has no address, or any that is not allowed.
 */
export async function checkedAddress(
  hostname: string,
  { nameServers, isAllowed }: Addressing,
  signal: AbortSignal,
): Promise<string> {
  if (isIP(hostname) || hostname.startsWith('[')) throw new Error(`${hostname} is not a host name`)
  const addresses = await lookUp(hostname, nameServers, signal)
  const [first] = addresses
  if (first === undefined) throw new Error(`${hostname} has no address`)
  // A name with one such address is refused altogether: which one is used would be chance.
  const refused = addresses.find((address) => !isAllowed(address))
  if (refused !== undefined) throw new Error(`${hostname} has the special-use address ${refused}`)
  return first
}

async function lookUp(hostname: string, nameServers: readonly string[] | undefined, signal: AbortSignal) {
  signal.throwIfAborted()
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 })
  if (nameServers) resolver.setServers(nameServers)
  const cancel = () => resolver.cancel()
  signal.addEventListener('abort', cancel)
  try {
    // IPv4 first, because not every host has IPv6. If one of the two look-ups fails, it is not known what it would have found.
    const found = await Promise.all([resolver.resolve4(hostname), resolver.resolve6(hostname)].map(orNone))
    return found.flat()
  } finally {
    signal.removeEventListener('abort', cancel)
  }
}

async function orNone(addresses: Promise<readonly string[]>): Promise<readonly string[]> {
  try {
    return await addresses
  } catch (error) {
    if (NO_DATA.has((error as NodeJS.ErrnoException).code ?? '')) return []
    throw error
  }
}
