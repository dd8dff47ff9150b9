import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { type AppGrantOptions, createAppGrant } from '../../src/index.ts'
import { exampleApp } from '../../src/testing/index.ts'
import { accountTree } from '../support/account-tree.ts'
import { refusalOf } from '../support/code-of.ts'
import { HASHES, THEIR_SECRET, theirApp } from '../support/other-server.ts'
import { ISSUER } from '../support/session-fixture.ts'
import { newKey, publicPart } from '../support/signing.ts'

const SECRET = 'canary-of-the-host'

/** As HTTP clients reject: with the request, and its headers. */
function hostError(): Error {
  const request = { headers: { authorization: `Bearer ${SECRET}` }, body: { password: SECRET } }
  const cause = Object.assign(new Error(`connect to https://admin:${SECRET}@ldap.example failed`), { request })
  return Object.assign(new Error(`bind as "cn=admin,${SECRET}" failed`, { cause }), {
    code: 'ECONNREFUSED',
    config: request,
  })
}

const failing = () => Promise.reject(hostError())
const throwing = (): never => {
  throw hostError()
}
const directory = accountTree()
const OPTIONS: Readonly<Record<string, Partial<AppGrantOptions>>> = {
  'directory_unavailable lineage': { directory: { lineage: failing } },
  'directory_unavailable lineage, thrown': { directory: { lineage: throwing } },
  'directory_unavailable mayUseApps': {
    directory: {
      lineage: async (account) => (await directory.lineage(account)).map((one) => ({ ...one, mayUseApps: throwing })),
    },
  },
  'claims_unavailable claims': { signing: { current: newKey() }, claims: failing },
  'claims_unavailable claims, thrown': { signing: { current: newKey() }, claims: throwing },
  'legacy_secret_unavailable verifyLegacySecret': { verifyLegacySecret: failing },
  'legacy_secret_unavailable verifyLegacySecret, thrown': { verifyLegacySecret: throwing },
  'signing_unavailable sign': { signing: { current: { publicJwk: publicPart(newKey()), sign: failing } } },
}

describe("errors of the host's functions", () => {
  for (const [name, options] of Object.entries(OPTIONS))
    it(`${name}: the error and the event name the failure, without what it carries (ERR-8)`, async () => {
      const store = memoryStore()
      const { apps } = createAppGrant({ store, verifyLegacySecret: () => true })
      const legacySecret = { scheme: 'django', text: HASHES.django }
      await apps.import([theirApp({ trusted: true, legacySecret })])
      const { app, secret } = await apps.register(exampleApp({ owner: 'org', trusted: true }))
      const credentials = options.verifyLegacySecret
        ? { key: 'their-key', secret: THEIR_SECRET }
        : { key: app.key, secret }
      const appgrant = createAppGrant({ store, issuer: ISSUER, ...options })
      const events: unknown[] = []
      appgrant.events.on('outage', (event) => events.push(event))
      const error = await refusalOf(appgrant.authorizer.clientCredentials(credentials))
      const [code, operation] = name.split(/[ ,]+/)
      expect(error).toMatchObject({ code, cause: { code: 'ECONNREFUSED', message: 'bind as "…" failed' } })
      expect(events).toMatchObject([{ code, operation, cause: { code: 'ECONNREFUSED' } }])
      expect(inspect([error, events], { depth: 12, showHidden: true })).not.toContain(SECRET)
    })
})
