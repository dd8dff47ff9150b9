/**
 * Every address of the console, below the path it is mounted at. Links are made from this table and requests are matched against it.
 * `{key}` is the key of an app. Ids of accounts are the host's and may hold any character, so they are in the query only.
 */
export const ADDRESSES = {
  home: '',
  apps: '/apps',
  newApp: '/apps/new',
  confirmNewApp: '/apps/new/confirm',
  removeApps: '/apps/remove',
  app: '/apps/{key}',
  suspend: '/apps/{key}/suspend',
  resume: '/apps/{key}/resume',
  tokens: '/apps/{key}/tokens',
  instances: '/apps/{key}/instances',
  removeInstances: '/apps/{key}/instances/remove',
  regenerate: '/apps/{key}/regenerate',
  addSecret: '/apps/{key}/add-secret',
  removeSecret: '/apps/{key}/remove-secret',
  endTokens: '/apps/{key}/end-tokens',
  trust: '/apps/{key}/trust',
  untrust: '/apps/{key}/untrust',
  keys: '/apps/{key}/keys',
  remove: '/apps/{key}/remove',
  confirmChange: '/apps/{key}/confirm-change',
  publish: '/apps/{key}/publish',
  unpublish: '/apps/{key}/unpublish',
  resourceServer: '/apps/{key}/resource-server',
  managed: '/managed',
  withdraw: '/managed/remove',
  accounts: '/accounts',
  all: '/all',
  suspendAll: '/all/suspend',
  asset: '/assets/{file}',
} as const

export type AddressName = keyof typeof ADDRESSES

/** What an address is made with: `key` and `file` go into the path, the rest into the query. Empty and absent ones are left out. */
export type AddressParts = Readonly<Record<string, string | readonly string[] | undefined>>

/** Makes the path and query of an address. Nothing of a request becomes an address in any other way. */
export type Addresses = (name: AddressName, parts?: AddressParts) => string

/** @param base - the path that the console is mounted at, without a slash at its end. */
export function createAddresses(base: string): Addresses {
  return (name, parts = {}) => {
    const inPath = new Set<string>()
    const path = ADDRESSES[name].replaceAll(/\{(\w+)\}/g, (_, part: string) => {
      inPath.add(part)
      return encodeURIComponent(String(parts[part] ?? ''))
    })
    const query = new URLSearchParams()
    for (const [part, value] of Object.entries(parts))
      if (!inPath.has(part)) for (const one of [value ?? []].flat()) if (one !== '') query.append(part, one)
    return `${base}${path}${query.size > 0 ? `?${query}` : ''}`
  }
}

/** An address that a request came to. */
export interface Match {
  readonly name: AddressName
  /** Parts of the path, as they came: no key and no file of ours needs an escape. */
  readonly parts: Readonly<Record<string, string>>
}

/** @returns undefined if nothing is at the path. */
export function createMatcher(base: string): (path: string) => Match | undefined {
  const patterns = Object.entries(ADDRESSES).map(([name, path]) => {
    const text = `${escaped(base)}${path.replaceAll(/\{(\w+)\}/g, '(?<$1>[\\w.-]+)')}${path === '' ? '/?' : ''}`
    return { name: name as AddressName, pattern: new RegExp(`^${text}$`) }
  })
  // The table names what is fixed before what is open, so the first match is the one that is meant.
  return (path) => {
    for (const { name, pattern } of patterns) {
      const match = pattern.exec(path)
      if (match) return { name, parts: { ...match.groups } }
    }
    return undefined
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}
