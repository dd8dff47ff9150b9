import { memoryStore } from '../../adapters/memory/memory-store.ts'
import { createAppGrant } from '../../src/create-app-grant.ts'
import type { NewApp, NewAppWithSecret } from '../../src/domain/apps/app-fields.ts'
import { createHandler, type HandlerOptions } from '../../src/http/index.ts'
import type { AppGrantOptions } from '../../src/options.ts'
import type { Store } from '../../src/store/store.ts'
import { exampleApp, faultyStore, manualClock } from '../../src/testing/index.ts'
import { SCOPES } from './scopes.ts'

export const ISSUER = 'https://login.example'

type Counts = { -readonly [Method in keyof Omit<Store, 'watch' | 'close'>]: number }

/** A store that counts its calls. */
export function countingStore(inner: Store): { readonly store: Store; readonly counts: Counts } {
  const counts: Counts = { get: 0, insert: 0, replace: 0, list: 0, count: 0 }
  const counted = <Arguments extends unknown[], Result>(
    method: keyof Counts,
    call: (...given: Arguments) => Result,
  ) => {
    return (...given: Arguments): Result => {
      counts[method]++
      return call(...given)
    }
  }
  const store: Store = {
    get: counted('get', inner.get),
    insert: counted('insert', inner.insert),
    replace: counted('replace', inner.replace),
    list: counted('list', inner.list),
    count: counted('count', inner.count),
    close: inner.close,
  }
  return { store, counts }
}

/** Everything a test of the endpoints needs: nothing of ours is mocked. */
export function httpFixture(options: Partial<AppGrantOptions> & HandlerOptions = {}) {
  const { signIn, consentPage, errorPage, theme, texts, api, origins, resourceMetadata, ...more } = options
  const { leakReports, freshSignInSeconds, acrValues, browserRegistration, ...rest } = more
  const faults = faultyStore(memoryStore())
  const { store, counts } = countingStore(faults)
  const clock = manualClock()
  const appgrant = createAppGrant({ store, clock, issuer: ISSUER, scopes: SCOPES, ...rest })
  const handler = createHandler(appgrant, {
    signIn,
    consentPage,
    errorPage,
    theme,
    texts,
    api,
    origins,
    resourceMetadata,
    leakReports,
    freshSignInSeconds,
    acrValues,
    browserRegistration,
  })
  const outages: unknown[] = []
  appgrant.events.on('outage', (event) => outages.push(event))

  const send = (path: string, init: RequestInit & { remoteAddress?: string } = {}) => {
    const { remoteAddress, ...request } = init
    return handler(new Request(ISSUER + path, request), { remoteAddress })
  }
  return {
    appgrant,
    handler,
    clock,
    counts,
    faults,
    outages,
    send,
    /** Posts a form. */
    post: (path: string, form: Record<string, string> | string, headers: Record<string, string> = {}) =>
      send(path, {
        method: 'POST',
        body: new URLSearchParams(form),
        headers,
      }),
    /** Sends JSON as a page of the issuer does. */
    call: (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
      send(path, {
        method,
        headers: { 'content-type': 'application/json', 'sec-fetch-site': 'same-origin', ...headers },
        ...(method !== 'GET' && { body: body === undefined ? '' : JSON.stringify(body) }),
      }),
    /** A trusted app and its secret. */
    trustedApp: (fields: Partial<NewAppWithSecret> = {}) =>
      appgrant.apps.register(exampleApp({ trusted: true, scopes: ['calls:read', 'calls:write'], ...fields })),
    /** The same with keys. */
    keyedApp: (fields: Partial<NewApp>) =>
      appgrant.apps.register(exampleApp({ trusted: true, scopes: ['calls:read', 'calls:write'], ...fields })),
    writes: () => counts.insert + counts.replace,
  }
}

export function basic(key: string, secret: string): { authorization: string } {
  return { authorization: `Basic ${btoa(`${encodeURIComponent(key)}:${encodeURIComponent(secret)}`)}` }
}

/** The JSON of a response. */
export async function jsonOf(response: Response): Promise<Record<string, unknown>> {
  return (await response.json()) as Record<string, unknown>
}

/** Status, error code and what must accompany it. */
export async function refusal(response: Response) {
  const { error } = await jsonOf(response)
  return { status: response.status, error }
}
