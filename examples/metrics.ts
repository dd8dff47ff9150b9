// Counts how calls end, from the tracing channels: no line of the host that makes the calls is changed.
import { subscribe } from 'node:diagnostics_channel'
import { createAppGrant } from 'appgrant'
import { memoryStore } from 'appgrant/memory'

const counts = new Map<string, number>()

/** Counts the outcomes of a method: `ok`, why a token was denied, or the code of an error. */
function countOutcomes(call: string): void {
  subscribe(`tracing:appgrant:${call}:asyncEnd`, (message) => {
    const { outcome } = message as { readonly outcome: string }
    const line = `appgrant_calls_total{call="${call}",outcome="${outcome}"}`
    counts.set(line, (counts.get(line) ?? 0) + 1)
  })
}
for (const method of ['verify', 'tryVerify', 'clientCredentials', 'refresh']) countOutcomes(`Authorizer.${method}`)

// The host.
const appgrant = createAppGrant({ store: memoryStore() })
const { app, secret } = await appgrant.apps.register({
  owner: 'org-7',
  name: 'Call Reports',
  homepage: 'https://reports.example/',
  adminEmail: 'ops@reports.example',
  trusted: true,
})
const { accessToken } = await appgrant.authorizer.clientCredentials({ key: app.key, secret })
await appgrant.authorizer.clientCredentials({ key: app.key, secret: 'guessed' }).catch(() => {})
await appgrant.authorizer.tryVerify(accessToken)
await appgrant.authorizer.tryVerify(accessToken)
await appgrant.authorizer.tryVerify('made-up')
await appgrant.apps.suspend(app.key)
await appgrant.authorizer.tryVerify(accessToken)
await appgrant.close()

// What GET /metrics would return, in the text format of Prometheus.
for (const [line, count] of counts) console.log(`${line} ${count}`)
