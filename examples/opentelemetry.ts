// Counts and times calls with a Meter of OpenTelemetry, from the tracing channels. dashboard.json shows what it counts.
import { subscribe } from 'node:diagnostics_channel'
import { type AppGrant, createAppGrant } from 'appgrant'
import { memoryStore } from 'appgrant/memory'

type Attributes = Readonly<Record<string, string>>

/** What is used of it: pass metrics.getMeter('appgrant') of @opentelemetry/api. */
interface Meter {
  createCounter(name: string, options: { unit: string }): { add(count: number, attributes?: Attributes): void }
  createHistogram(name: string, options: { unit: string }): { record(value: number, attributes: Attributes): void }
}

const METHODS = ['verify', 'tryVerify', 'clientCredentials', 'exchangeCode', 'refresh', 'revokeToken']

function measure({ events }: Pick<AppGrant, 'events'>, meter: Meter): void {
  const calls = meter.createCounter('appgrant.calls', { unit: '{call}' })
  const duration = meter.createHistogram('appgrant.call.duration', { unit: 's' })
  const outages = meter.createCounter('appgrant.outages', { unit: '{outage}' })
  const refused = meter.createCounter('appgrant.requests.refused', { unit: '{request}' })
  const startedAt = new WeakMap<object, number>()
  for (const method of METHODS) {
    const channel = `tracing:appgrant:Authorizer.${method}`
    subscribe(`${channel}:start`, (message) => void startedAt.set(message as object, performance.now()))
    subscribe(`${channel}:asyncEnd`, (message) => {
      const { outcome } = message as { readonly outcome: string }
      calls.add(1, { 'appgrant.method': method, 'appgrant.outcome': outcome })
      const ms = performance.now() - (startedAt.get(message as object) ?? performance.now())
      duration.record(ms / 1000, { 'appgrant.method': method })
    })
  }
  events.on('outage', ({ code }) => outages.add(1, { 'appgrant.code': code }))
  events.on('overload', (event) => refused.add(event.refused))
}

// In place of OpenTelemetry: prints what it gets.
const printed = (name: string, { unit }: { unit: string }) => {
  const print = (value: number, attributes: Attributes = {}) =>
    console.log(name, unit === 's' ? 'seconds' : value, JSON.stringify(attributes))
  return { add: print, record: print }
}
const appgrant = createAppGrant({
  store: memoryStore(),
  directory: { lineage: () => Promise.reject(new Error('the directory is down')) },
})
measure(appgrant, { createCounter: printed, createHistogram: printed })
await appgrant.authorizer.tryVerify('made-up')
await appgrant
  .as('org-7')
  .permissions()
  .catch(() => {})
await appgrant.close()
