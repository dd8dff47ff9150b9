import { describe, expect, it } from 'vitest'
import { DEVICE_CODE_GRANT } from '../../../src/domain/input/device-code-grant.ts'
import type { RedirectPolicy } from '../../../src/domain/input/redirect-policy.ts'
import { createDocuments } from '../../../src/domain/registration/documents.ts'
import type { DocumentResponse, FetchDocument } from '../../../src/domain/registration/fetch-document.ts'

const URL_OF_APP = 'https://app.example/client.json'
const LOOPBACK: RedirectPolicy = { loopback: undefined, schemes: new Set(), selfRegistered: 'loopback' }
const HTTPS: RedirectPolicy = { ...LOOPBACK, selfRegistered: 'https' }
const DOCUMENT = {
  client_id: URL_OF_APP,
  client_name: 'Assistant',
  redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
}

interface Served {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

function response({ status = 200, headers = {}, body = DOCUMENT }: Served = {}): DocumentResponse {
  const bytes = body instanceof Uint8Array ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return { status, headers: new Headers({ 'content-type': 'application/json', ...headers }), body: bytes }
}

/** Documents whose transport is a function of the test, with a clock that it sets. */
function documentsOf(
  serve: FetchDocument = async () => response(),
  redirects = LOOPBACK,
  { timeoutMs, hasDevices = false }: { readonly timeoutMs?: number; readonly hasDevices?: boolean } = {},
) {
  let now = 0
  const fetched: string[] = []
  const fetchDocument: FetchDocument = (url, limits) => {
    fetched.push(url)
    return serve(url, limits)
  }
  const documents = createDocuments({
    ...{ fetchDocument, redirects, hasDevices, steadyClock: () => now },
    ...(timeoutMs !== undefined && { timeoutMs }),
  })
  const wait = (ms: number) => {
    now += ms
  }
  let accounts = 0
  // Each for an account of its own, unless the test says which.
  const fetch = (url: string, account = `user-${++accounts}`) => documents.fetch(url, account)
  return { ...documents, fetch, fetched, wait }
}

/** A URL of a document that names itself. */
const serveAny: FetchDocument = async (url) => response({ body: { ...DOCUMENT, client_id: url } })

describe('the URL of a document (WEB-6)', () => {
  it.each([
    ['another scheme', 'http://app.example/client.json'],
    ['no path', 'https://app.example'],
    ['a parent segment', 'https://app.example/a/../b'],
    ['a parent segment after a hidden file', 'https://app.example/a/.b/../c'],
    ['a segment of one dot', 'https://app.example/./b'],
    ['an encoded parent segment', 'https://app.example/%2e%2e/b'],
    ['a half encoded parent segment', 'https://app.example/.%2E/b'],
    ['a fragment', 'https://app.example/x#f'],
    ['an empty fragment', 'https://app.example/x#'],
    ['a user name', 'https://u@app.example/x'],
    ['an empty user name', 'https://@app.example/x'],
    ['a backslash', 'https://app.example\\x'],
    ['a tab', 'https://app.example/\tx'],
    ['a line break', 'https://app.example/x\n'],
    ['a space before it', ' https://app.example/x'],
    ['a query', 'https://app.example/x?name=Claude'],
    ['an empty query', 'https://app.example/x?'],
    ['an upper-case host', 'https://App.example/x'],
    ['an upper-case scheme', 'HTTPS://app.example/x'],
    ['the default port', 'https://app.example:443/x'],
    ['a host that is not ASCII', 'https://bücher.example/x'],
    ['a path that is not ASCII', 'https://app.example/ü'],
    ['a host with a dot at its end', 'https://app.example./x'],
    ['an address in another notation', 'https://127.1/x'],
    ['one slash', 'https:/app.example/x'],
    ['no host', 'https:///x'],
    ['2049 characters', `https://app.example/${'x'.repeat(2029)}`],
  ])('with %s is refused, and nothing is fetched', async (_, url) => {
    const { fetch, known, fetched } = documentsOf(serveAny)
    await expect(fetch(url)).rejects.toMatchObject({
      code: 'invalid_request',
      message: /^client_id: expected an https URL/,
    })
    expect(() => known(url)).toThrow('client_id: expected an https URL')
    expect(fetched).toEqual([])
  })

  it.each([
    ['a port', 'https://app.example:8443/client.json'],
    ['only a slash', 'https://app.example/'],
    ['a name in its ASCII form', 'https://xn--bcher-kva.example/x'],
    ['2048 characters', `https://app.example/${'x'.repeat(2028)}`],
  ])('with %s is fetched as it is', async (_, url) => {
    const { fetch, fetched } = documentsOf(serveAny)
    expect((await fetch(url)).name).toBe('Assistant')
    expect(fetched).toEqual([url])
  })
})

describe('a document', () => {
  it('describes an app by its name and redirect URLs, with the host of the document first', async () => {
    const given = { ...DOCUMENT, client_uri: 'https://other.example/', logo_uri: 'https://logo.example/x.png' }
    const { fetch } = documentsOf(async () => response({ body: given }))
    expect(await fetch(URL_OF_APP)).toEqual({
      identity: expect.stringMatching(/^[\w-]{43}$/),
      name: 'Assistant',
      homepage: 'https://app.example/',
      publisher: 'app.example',
      redirectUrls: ['http://127.0.0.1/callback', 'http://localhost/callback'],
      hosts: ['app.example', '127.0.0.1', 'localhost'],
    })
  })

  it('has an identity that depends on nothing but its URL', async () => {
    const others = [
      'https://app.example/client.json/',
      'https://app.example:8443/client.json',
      'https://app.example/Client.json',
    ]
    const named: FetchDocument = async (url) =>
      response({ body: { ...DOCUMENT, client_id: url, client_name: 'Other' } })
    const [one, two] = [documentsOf(), documentsOf(named)]
    const { identity } = await one.fetch(URL_OF_APP)
    expect((await two.fetch(URL_OF_APP)).identity).toBe(identity)
    for (const url of others) expect((await two.fetch(url)).identity).not.toBe(identity)
  })

  it('may have redirect URLs of which only those are kept that the host allows', async () => {
    const redirect_uris = ['http://127.0.0.1:33418/', 'https://app.example/redirect', 'cursor://x/y']
    const serve = async () => response({ body: { ...DOCUMENT, redirect_uris } })
    expect((await documentsOf(serve).fetch(URL_OF_APP)).redirectUrls).toEqual(['http://127.0.0.1/'])
    expect((await documentsOf(serve, HTTPS).fetch(URL_OF_APP)).redirectUrls).toEqual([
      'http://127.0.0.1/',
      'https://app.example/redirect',
    ])
  })

  it.each<[string, Served]>([
    ['a media type with a suffix', { headers: { 'content-type': 'application/client-metadata+json' } }],
    ['a media type with a parameter', { headers: { 'content-type': 'Application/JSON; charset=utf-8' } }],
    ['the content-encoding identity', { headers: { 'content-encoding': 'identity' } }],
    ['no authentication', { body: { ...DOCUMENT, token_endpoint_auth_method: 'none' } }],
    [
      'keys at a URL, and no authentication as another choice (ChatGPT)',
      {
        body: {
          ...DOCUMENT,
          jwks_uri: 'https://app.example/jwks.json',
          token_endpoint_auth_method: 'private_key_jwt',
          token_endpoint_auth_methods_supported: ['private_key_jwt', 'none'],
        },
      },
    ],
    ['a public key', { body: { ...DOCUMENT, jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'x' }] } } }],
    ['other grants too', { body: { ...DOCUMENT, grant_types: ['authorization_code', 'refresh_token', 'x'] } }],
    ['5120 bytes', { body: JSON.stringify(DOCUMENT).padEnd(5120) }],
  ])('with %s is accepted', async (_, served) => {
    expect((await documentsOf(async () => response(served)).fetch(URL_OF_APP)).name).toBe('Assistant')
  })

  it('that names the device grant alone is accepted if there is one', async () => {
    const serve = async () => response({ body: { ...DOCUMENT, grant_types: [DEVICE_CODE_GRANT, 'refresh_token'] } })
    expect((await documentsOf(serve, LOOPBACK, { hasDevices: true }).fetch(URL_OF_APP)).name).toBe('Assistant')
    const other = async () => response({ body: { ...DOCUMENT, grant_types: ['client_credentials'] } })
    await expect(documentsOf(other, LOOPBACK, { hasDevices: true }).fetch(URL_OF_APP)).rejects.toMatchObject({
      code: 'invalid_request',
      message: expect.stringContaining(`expected authorization_code or ${DEVICE_CODE_GRANT} among its grant_types`),
    })
  })

  const text = JSON.stringify(DOCUMENT)
  it.each<[string, Served]>([
    ...[201, 204, 206, 301, 302, 304, 307, 308, 401, 404, 500].map((status): [string, Served] => [
      `status ${status}`,
      { status },
    ]),
    ['another media type', { headers: { 'content-type': 'text/html' } }],
    ['a media type that only begins like JSON', { headers: { 'content-type': 'application/jsonp' } }],
    ['no media type', { headers: { 'content-type': '' } }],
    ['two media types', { headers: { 'content-type': 'application/json, text/html' } }],
    ['a media type in a parameter', { headers: { 'content-type': 'text/html; application/json' } }],
    ['a content-encoding', { headers: { 'content-encoding': 'gzip' } }],
    ['5121 bytes', { body: text.padEnd(5121) }],
    ['no bytes', { body: '' }],
    ['invalid UTF-8', { body: Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from([0xff]), Buffer.from('}')]) }],
    ['a byte order mark', { body: `\u{feff}${text}` }],
    ['an array', { body: [DOCUMENT] }],
    ['null', { body: 'null' }],
    ['two values', { body: text + text }],
    ['a repeated client_id', { body: text.replace('{', '{"client_id":"https://other.example/",') }],
    ['a repeated member in another spelling', { body: text.replace('{', '{"client\\u005fid":1,') }],
    ['another client_id', { body: { ...DOCUMENT, client_id: 'https://other.example/client.json' } }],
    ['a client_id with the default port', { body: { ...DOCUMENT, client_id: 'https://app.example:443/client.json' } }],
    ['a client_id in upper case', { body: { ...DOCUMENT, client_id: 'https://APP.example/client.json' } }],
    ['a client_id with a slash at its end', { body: { ...DOCUMENT, client_id: `${URL_OF_APP}/` } }],
    ['a client_id that is a list', { body: { ...DOCUMENT, client_id: [URL_OF_APP] } }],
    ['no client_id', { body: { ...DOCUMENT, client_id: undefined } }],
    ['no client_name', { body: { ...DOCUMENT, client_name: undefined } }],
    ['an empty client_name', { body: { ...DOCUMENT, client_name: '' } }],
    ['a client_name that reads from right to left', { body: { ...DOCUMENT, client_name: 'a\u{202e}b' } }],
    ['a client_name of 101 characters', { body: { ...DOCUMENT, client_name: 'x'.repeat(101) } }],
    ['no redirect_uris', { body: { ...DOCUMENT, redirect_uris: undefined } }],
    ['redirect_uris that are text', { body: { ...DOCUMENT, redirect_uris: 'http://localhost/' } }],
    ['redirect_uris of which none is allowed', { body: { ...DOCUMENT, redirect_uris: ['https://app.example/cb'] } }],
    [
      '11 redirect_uris',
      { body: { ...DOCUMENT, redirect_uris: Array.from({ length: 11 }, (_, i) => `http://localhost/${i}`) } },
    ],
    ['a client_secret', { body: { ...DOCUMENT, client_secret: 'x' } }],
    ['a client_secret_expires_at', { body: { ...DOCUMENT, client_secret_expires_at: 0 } }],
    ['a secret with form parameters', { body: { ...DOCUMENT, token_endpoint_auth_method: 'client_secret_post' } }],
    ['a secret in a header', { body: { ...DOCUMENT, token_endpoint_auth_method: 'client_secret_basic' } }],
    ['a secret in a JWT', { body: { ...DOCUMENT, token_endpoint_auth_method: 'client_secret_jwt' } }],
    [
      'a secret, and no authentication as another choice',
      {
        body: {
          ...DOCUMENT,
          token_endpoint_auth_method: 'client_secret_post',
          token_endpoint_auth_methods_supported: ['none'],
        },
      },
    ],
    [
      'keys at a URL only',
      {
        body: { ...DOCUMENT, token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://app.example/jwks.json' },
      },
    ],
    ['no authentication method', { body: { ...DOCUMENT, token_endpoint_auth_method: null } }],
    ['a private key', { body: { ...DOCUMENT, jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x: 'x', d: 'd' }] } } }],
    ['a symmetric key', { body: { ...DOCUMENT, jwks: { keys: [{ kty: 'oct', k: 'k' }] } } }],
    ['jwks that are not a set', { body: { ...DOCUMENT, jwks: [] } }],
    ['jwks and jwks_uri', { body: { ...DOCUMENT, jwks: { keys: [] }, jwks_uri: 'https://app.example/jwks.json' } }],
    ['the device grant alone', { body: { ...DOCUMENT, grant_types: [DEVICE_CODE_GRANT] } }],
    ['no code grant', { body: { ...DOCUMENT, grant_types: ['client_credentials'] } }],
    ['no code response', { body: { ...DOCUMENT, response_types: ['token'] } }],
  ])('with %s is refused, and is fetched again but not within a second', async (_, served) => {
    const { fetch, known, fetched, wait } = documentsOf(async () => response(served))
    const refused = { code: 'invalid_request', message: /^client_id: the document at this URL is not usable: expected/ }
    await expect(fetch(URL_OF_APP)).rejects.toMatchObject(refused)
    wait(999)
    await expect(fetch(URL_OF_APP)).rejects.toMatchObject({
      code: 'document_unavailable',
      details: { retryAfterSeconds: 1 },
    })
    wait(1)
    await expect(fetch(URL_OF_APP)).rejects.toMatchObject(refused)
    expect(fetched).toHaveLength(2)
    expect(known(URL_OF_APP)).toBeUndefined()
  })
})

describe('a document that cannot be fetched (WEB-6)', () => {
  it.each<[string, FetchDocument]>([
    ['rejects', () => Promise.reject(new Error('app.example has the special-use address 10.0.0.7'))],
    [
      'throws',
      () => {
        throw new Error('no route to 10.0.0.7')
      },
    ],
    ['does not settle', () => new Promise(() => {})],
  ])('because the transport %s is an error whose text says nothing of the network', async (_, serve) => {
    const { fetch, wait } = documentsOf(serve, LOOPBACK, { timeoutMs: 20 })
    const failed = { code: 'invalid_request', message: 'client_id: the document at this URL could not be fetched' }
    const error = await fetch(URL_OF_APP).catch((error) => error)
    expect(error).toMatchObject(failed)
    expect(error.cause).toBeInstanceOf(Error)
    wait(1000)
    await expect(fetch(URL_OF_APP)).rejects.toMatchObject(failed)
  })

  it('in time is no longer waited for, and the transport is told', async () => {
    let signal: AbortSignal | undefined
    const { fetch } = documentsOf(
      (_, limits) => {
        signal = limits.signal
        return new Promise(() => {})
      },
      LOOPBACK,
      { timeoutMs: 20 },
    )
    await expect(fetch(URL_OF_APP)).rejects.toThrow('could not be fetched')
    expect(signal?.aborted).toBe(true)
  })

  it.each([
    ['undefined', undefined],
    ['a body that is text', { ...response(), body: '{}' }],
    ['headers without get', { ...response(), headers: {} }],
    ['a status that is text', { ...response(), status: '200' }],
  ])('because the transport resolves to %s is a mistake of the host', async (_, wrong) => {
    const { fetch } = documentsOf(async () => wrong as DocumentResponse)
    await expect(fetch(URL_OF_APP)).rejects.toThrow(TypeError)
  })
})

describe('the cache of documents', () => {
  it.each([
    [undefined, 60],
    ['max-age=0', 60],
    ['max-age=59', 60],
    ['public, max-age=300', 300],
    ['Max-Age="300"', 300],
    ['max-age=300, s-maxage=600', 600],
    ['max-age=999999999999999999999', 3600],
    ['max-age=-5', 60],
    ['max-age=abc', 60],
    ['x-max-age=300', 60],
    ['private, max-age=300', 60],
    ['no-store, max-age=300', 60],
    ['no-cache="x", max-age=300', 60],
  ])('with cache-control %j keeps a document for %i seconds', async (value, seconds) => {
    const headers = value === undefined ? {} : { 'cache-control': value }
    const { fetch, known, fetched, wait } = documentsOf(async () => response({ headers }))
    await fetch(URL_OF_APP)
    wait(seconds * 1000 - 1)
    await fetch(URL_OF_APP)
    expect(known(URL_OF_APP)?.name).toBe('Assistant')
    expect(fetched).toHaveLength(1)
    wait(1)
    expect(known(URL_OF_APP)).toBeUndefined()
    await fetch(URL_OF_APP)
    expect(fetched).toHaveLength(2)
  })

  it('keeps a document that became invalid no longer than it would have kept it', async () => {
    let served: Served = {}
    const { fetch, known, wait } = documentsOf(async () => response(served))
    await fetch(URL_OF_APP)
    served = { status: 404 }
    wait(60_000)
    await expect(fetch(URL_OF_APP)).rejects.toThrow('expected status 200, received 404')
    expect(known(URL_OF_APP)).toBeUndefined()
  })

  it('is bounded in bytes: the documents that were used last are kept', async () => {
    const body = (url: string) => JSON.stringify({ ...DOCUMENT, client_id: url }).padEnd(5000)
    const { fetch, known, wait } = documentsOf(async (url) =>
      response({ body: body(url), headers: { 'cache-control': 'max-age=3600' } }),
    )
    const urls = Array.from({ length: 1000 }, (_, at) => `https://app-${at}.example/`)
    for (const url of urls) {
      await fetch(url)
      wait(500)
    }
    expect([known(urls[0] as string), known(urls[999] as string)?.name]).toEqual([undefined, 'Assistant'])
  })
})

describe('the governor of documents (WEB-6)', () => {
  /** A transport that responds when the test says so. */
  function held() {
    const waiting: (() => void)[] = []
    const serve: FetchDocument = (url) =>
      new Promise((resolve) => waiting.push(() => resolve(response({ body: { ...DOCUMENT, client_id: url } }))))
    const release = () => {
      for (const respond of waiting.splice(0)) respond()
    }
    return { serve, release }
  }

  it('lets requests for the same document at the same time share one fetch', async () => {
    const { serve, release } = held()
    const { fetch, fetched } = documentsOf(serve)
    const all = Array.from({ length: 50 }, () => fetch(URL_OF_APP))
    release()
    expect(new Set(await Promise.all(all)).size).toBe(1)
    expect(fetched).toEqual([URL_OF_APP])
  })

  it.each([
    ['4 documents of one host', 4, (at: number) => `https://app.example:${8000 + at}/`],
    ['16 documents', 16, (at: number) => `https://app-${at}.example/`],
  ])('fetches %s at once, and no more', async (_, most, urlOf) => {
    const { serve, release } = held()
    const { fetch, fetched } = documentsOf(serve)
    const running = Array.from({ length: most }, (_, at) => fetch(urlOf(at)))
    await expect(fetch(urlOf(most))).rejects.toMatchObject({
      code: 'document_unavailable',
      details: { retryAfterSeconds: 1 },
    })
    release()
    await Promise.all(running)
    const next = fetch(urlOf(most))
    release()
    expect((await next).name).toBe('Assistant')
    expect(fetched).toHaveLength(most + 1)
  })

  it.each([
    ['30 documents of one host', 30, (at: number) => `https://app.example/${at}`],
    ['120 documents', 120, (at: number) => `https://app-${at}.example/`],
  ])('fetches %s a minute, and no more', async (_, most, urlOf) => {
    const { fetch, fetched, wait } = documentsOf(serveAny)
    for (let at = 0; at < most; at++) await fetch(urlOf(at))
    wait(50_000)
    await expect(fetch(urlOf(most))).rejects.toMatchObject({
      code: 'document_unavailable',
      details: { retryAfterSeconds: 10 },
    })
    wait(10_000)
    await fetch(urlOf(most))
    expect(fetched).toHaveLength(most + 1)
  })

  it('fetches 4 documents for one account at once, and no more', async () => {
    const { serve, release } = held()
    const { fetch, fetched } = documentsOf(serve)
    const running = Array.from({ length: 4 }, (_, at) => fetch(`https://app-${at}.example/`, 'user'))
    await expect(fetch(URL_OF_APP, 'user')).rejects.toMatchObject({
      code: 'document_unavailable',
      details: { retryAfterSeconds: 1 },
    })
    const another = fetch(URL_OF_APP, 'other')
    release()
    await Promise.all([...running, another])
    const next = fetch('https://next.example/', 'user')
    release()
    expect((await next).name).toBe('Assistant')
    expect(fetched).toHaveLength(6)
  })

  it('fetches 20 documents a minute for one account, so that it cannot use up what all may fetch', async () => {
    const { fetch, fetched, wait } = documentsOf(serveAny)
    const flood = async (from: number) => {
      for (let at = from; at < from + 200; at++) await fetch(`https://app-${at}.example/`, 'user').catch(() => {})
    }
    await flood(0)
    expect(fetched).toHaveLength(20)
    // What was refused to one account is not refused to another, not even for a second.
    expect((await fetch('https://app-199.example/', 'other')).name).toBe('Assistant')
    // What is in the cache costs nothing.
    expect((await fetch('https://app-0.example/', 'user')).name).toBe('Assistant')
    wait(60_000)
    await flood(1000)
    expect(fetched).toHaveLength(41)
  })

  it('counts what it refused of one host against no other', async () => {
    const { fetch } = documentsOf(serveAny)
    const flood = Array.from({ length: 200 }, async (_, at) => {
      await fetch(`https://evil.example/${at}`)
    })
    await Promise.allSettled(flood)
    expect((await fetch(URL_OF_APP)).name).toBe('Assistant')
  })
})
