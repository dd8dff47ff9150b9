import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { REFUSAL_REASONS } from '../../src/base/refusal-reasons.ts'
import { type AppChange, createAppGrant, type EventMap, type OutageCode, type TokenChange } from '../../src/index.ts'

const page = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8')

/** The text below a heading. */
function section(heading: string): string {
  const [, text = ''] = page.split(`\n## ${heading}\n`)
  return text.split('\n## ')[0] ?? ''
}

// The type checker fails if a member is missing here.
const EVENTS: Readonly<Record<keyof EventMap, true>> = {
  app: true,
  token: true,
  install: true,
  leak: true,
  refused: true,
  outage: true,
  overload: true,
}
const APP: Readonly<Record<AppChange, true>> = {
  registered: true,
  imported: true,
  updated: true,
  trusted: true,
  untrusted: true,
  published: true,
  unpublished: true,
  resource_server_set: true,
  lifetimes_set: true,
  suspended: true,
  resumed: true,
  secret_regenerated: true,
  secret_added: true,
  secret_removed: true,
  jwks_replaced: true,
  tokens_revoked: true,
  removed: true,
}
const TOKEN: Readonly<Record<TokenChange, true>> = {
  issued: true,
  repeated: true,
  reused: true,
  removed: true,
  all_removed: true,
}
const INSTALL: Readonly<Record<EventMap['install']['change'], true>> = {
  approved: true,
  denied: true,
  withdrawn: true,
  imported: true,
}
const OUTAGE: Readonly<Record<OutageCode, true>> = {
  store_unavailable: true,
  outcome_unknown: true,
  directory_unavailable: true,
  clock_unavailable: true,
  signing_unavailable: true,
  clock_skew: true,
  claims_unavailable: true,
  legacy_secret_unavailable: true,
  server_error: true,
}

describe('docs/events.md', () => {
  it('every event has a section that explains each of its changes, codes and reasons (ERR-9)', () => {
    const reasons = Object.entries(REFUSAL_REASONS).flatMap(([code, list]) =>
      code === 'too_many_failures' ? [code] : [code, ...list],
    )
    const members = {
      app: Object.keys(APP),
      token: Object.keys(TOKEN),
      install: Object.keys(INSTALL),
      leak: ['accessToken', 'code', 'refreshToken', 'secret'],
      refused: reasons,
      outage: Object.keys(OUTAGE),
      overload: ['refused'],
    } satisfies Record<keyof typeof EVENTS, readonly string[]>
    for (const [event, names] of Object.entries(members))
      for (const name of names) expect(section(event), `${event}: ${name}`).toContain(`\`${name}\``)
  })

  it('a reason is in the row of its code, and a row names no other reason', () => {
    const rows = section('refused')
      .split('\n')
      .filter((line) => /^\| (`|\|)/.test(line) && !line.startsWith('| `code` |'))
      .map((line) => line.split('|').map((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)))
    const told: Record<string, string[]> = {}
    let code = ''
    for (const [, codes = [], reasons = []] of rows) {
      code = codes[0] ?? code
      told[code] = [...(told[code] ?? []), ...reasons]
    }
    const { too_many_failures: _, ...expected } = REFUSAL_REASONS
    const { too_many_failures: __, ...documented } = told
    const sorted = (table: Readonly<Record<string, readonly string[]>>) =>
      Object.fromEntries(Object.entries(table).map(([name, list]) => [name, list.toSorted()]))
    expect(sorted(documented)).toEqual(sorted(expected))
  })

  it('every interface with tracing channels is listed', () => {
    const appgrant = createAppGrant({ store: memoryStore() })
    const interfaces = { Authorizer: appgrant.authorizer, AppRegistry: appgrant.apps }
    for (const name of [...Object.keys(interfaces), 'TokenStore', 'Installs', 'Management'])
      expect(section('Tracing channels'), name).toContain(`| \`${name}\` |`)
  })
})
