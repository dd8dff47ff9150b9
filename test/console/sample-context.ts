import { createAddresses } from '../../src/console/addresses.ts'
import type { Context } from '../../src/console/context.ts'
import { createFormats } from '../../src/console/formats.ts'
import { en } from '../../src/console/texts/en/en.ts'
import { formProofOf } from '../../src/console/viewer.ts'
import { directionOf } from '../../src/frame/languages.ts'

const formats = createFormats()

/** A page for a user of Org Seven in Berlin. */
export function sampleContext(changes: Partial<Context> = {}): Context {
  const viewer = changes.viewer ?? { account: 'org-7', login: 'maria@seven.example', timeZone: 'Europe/Berlin' }
  const locale = changes.locale ?? 'en-GB'
  return {
    texts: en,
    locale,
    dir: directionOf(locale),
    formats: formats(locale, viewer.timeZone),
    to: createAddresses('/console'),
    viewer,
    now: new Date('2026-11-25T20:39:00Z'),
    formProof: formProofOf(viewer),
    scopes: { 'calls:read': 'See calls', 'calls:write': 'Place and end calls' },
    apis: {},
    bindsKeys: false,
    hasAccounts: false,
    site: 'login.teleworks.example',
    ...changes,
  }
}
