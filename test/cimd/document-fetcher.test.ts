import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createPinnedFetch } from '../../src/cimd/pinned-fetch.ts'
import { isPublicAddress } from '../../src/cimd/public-address.ts'
import { createDocumentFetcher } from '../../src/cimd.ts'
import { closed } from '../support/real-server.ts'
import { APP_EXAMPLE } from './certificate.ts'
import { type Answer, nameServer } from './name-server.ts'

const MAX_BYTES = 5120

const server = createServer(APP_EXAMPLE)
let names: Awaited<ReturnType<typeof nameServer>>
let answer: Answer
let respond: (request: IncomingMessage, response: ServerResponse) => void
let port: number
let connections: number
let requests: IncomingMessage[]

beforeAll(async () => {
  names = await nameServer((...question) => answer(...question))
  server.on('connection', () => connections++)
  server.on('request', (request, response) => {
    requests.push(request)
    respond(request, response)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  port = (server.address() as AddressInfo).port
})
afterAll(async () => {
  await closed(server)
  await names.close()
})
beforeEach(() => {
  answer = addresses('127.0.0.1')
  respond = (_, response) => response.end('{}')
  connections = 0
  requests = []
  names.asked.length = 0
})
afterEach(() => void vi.unstubAllEnvs())

/** All of them are of every name. */
function addresses(...all: readonly string[]): Answer {
  return (_, type) => all.filter((one) => one.includes(':') === (type === 'AAAA'))
}

interface Fetching {
  readonly host?: string
  readonly path?: string
  readonly signal?: AbortSignal
  /** Default is public addresses and that of the server. */
  readonly isAllowed?: (address: string) => boolean
  readonly ca?: string | undefined
}

function fetching({ host = 'app.example', path = '/client.json', ...options }: Fetching = {}) {
  const { signal = AbortSignal.timeout(5000), isAllowed = (one) => one === '127.0.0.1' || isPublicAddress(one) } =
    options
  const ca = 'ca' in options ? options.ca : APP_EXAMPLE.cert
  const fetchDocument = createPinnedFetch({ nameServers: [names.address], isAllowed, ...(ca !== undefined && { ca }) })
  return fetchDocument(`https://${host}:${port}${path}`, { signal, maxBytes: MAX_BYTES })
}

/** Writes what `node:http` would not. */
function raw(text: string): typeof respond {
  return ({ socket }) => void socket.end(text)
}

describe('the addresses of a document (WEB-6)', () => {
  const SPECIAL = [
    ...['127.0.0.1', '10.0.0.1', '100.64.0.1', '169.254.169.254', '172.16.0.1', '192.168.0.1', '0.0.0.0'],
    ...['::1', '::ffff:7f00:1', '64:ff9b::7f00:1', 'fd00::1', 'fe80::1', '2002:7f00:1::1'],
  ]
  it.each(SPECIAL)('a name that leads to %s is refused without a connection (RFC 6890)', async (address) => {
    answer = addresses(address)
    await expect(fetching({ isAllowed: isPublicAddress })).rejects.toThrow('app.example has the special-use address')
    expect(connections).toBe(0)
  })

  it.each([
    ['1.1.1.1', '127.0.0.1'],
    ['127.0.0.1', '1.1.1.1'],
    ['1.1.1.1', '::1'],
    ['2606:4700::1111', '127.0.0.1'],
  ])('a name that leads to %s and to %s is refused without a connection', async (...both) => {
    answer = addresses(...both)
    await expect(fetching({ isAllowed: isPublicAddress })).rejects.toThrow('special-use address')
    expect(connections).toBe(0)
  })

  it('the address that was checked is connected to, and the name is not looked up again', async () => {
    let first = true
    answer = (name, type) => {
      const found = addresses(first ? '127.0.0.1' : '10.0.0.1')(name, type)
      if (type === 'A') first = false
      return found
    }
    expect((await fetching()).status).toBe(200)
    expect(names.asked.toSorted()).toEqual(['A app.example', 'AAAA app.example'])
    expect(connections).toBe(1)
  })

  it.each(['127.0.0.1', '[::1]', '1.1.1.1', '[2606:4700::1111]'])('the host %s is not a name', async (host) => {
    await expect(fetching({ host })).rejects.toThrow('is not a host name')
    expect(connections).toBe(0)
  })

  it('a name without an address is refused', async () => {
    answer = () => []
    await expect(fetching()).rejects.toThrow('app.example has no address')
  })

  it('the name localhost is refused, whatever the name server says', async () => {
    answer = addresses('1.1.1.1')
    await expect(fetching({ host: 'localhost', isAllowed: isPublicAddress })).rejects.toThrow()
    expect(connections).toBe(0)
  })

  it('a name server that does not respond is not waited for longer than the signal says', async () => {
    const stop = new AbortController()
    answer = () => {
      stop.abort()
      return undefined
    }
    await expect(fetching({ signal: stop.signal })).rejects.toThrow()
    expect(connections).toBe(0)
  })

  it('if only one of the two look-ups fails, the name is refused', async () => {
    const stop = new AbortController()
    answer = (_, type) => {
      if (type === 'A') return ['127.0.0.1']
      stop.abort()
      return undefined
    }
    await expect(fetching({ signal: stop.signal })).rejects.toThrow()
    expect(connections).toBe(0)
  })

  it('the published fetcher connects to no address of this machine, and has no options to change it', async () => {
    expect(createDocumentFetcher).toHaveLength(0)
    const limits = { signal: AbortSignal.timeout(5000), maxBytes: MAX_BYTES }
    await expect(createDocumentFetcher()(`https://localhost:${port}/x`, limits)).rejects.toThrow()
    await expect(createDocumentFetcher()(`http://app.example:${port}/x`, limits)).rejects.toThrow(
      'expected an https URL',
    )
    expect(connections).toBe(0)
  })
})

describe('the request for a document (WEB-6)', () => {
  it('has no cookie and no credentials, and is for the name on a connection of its own', async () => {
    await fetching()
    await fetching()
    const sent = requests.map(({ method, url, headers, socket }) => ({
      ...{ method, url, headers },
      serverName: (socket as TLSSocket & { servername: string }).servername,
    }))
    expect(sent[0]).toEqual({
      method: 'GET',
      url: '/client.json',
      headers: {
        host: `app.example:${port}`,
        accept: 'application/json',
        'accept-encoding': 'identity',
        'user-agent': 'appgrant',
        connection: 'close',
      },
      serverName: 'app.example',
    })
    expect(connections).toBe(2)
  })

  it('reaches nobody whose certificate is for another name', async () => {
    await expect(fetching({ host: 'other.example' })).rejects.toThrow("does not match certificate's altnames")
    expect(requests).toEqual([])
  })

  it('reaches nobody whose certificate is not trusted, even if the environment says otherwise', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    await expect(fetching({ ca: undefined })).rejects.toThrow('self-signed certificate')
    expect(requests).toEqual([])
  })
})

describe('the response with a document (WEB-6)', () => {
  it('is returned as it is', async () => {
    respond = (_, response) => {
      response.setHeader('content-type', ['application/json', 'text/html'])
      response.setHeader('cache-control', 'max-age=60')
      response.end('{"a":1}')
    }
    const { status, headers, body } = await fetching()
    expect({ status, cacheControl: headers.get('cache-control'), body: Buffer.from(body).toString() }).toEqual({
      status: 200,
      cacheControl: 'max-age=60',
      body: '{"a":1}',
    })
    expect(headers.get('content-encoding')).toBeUndefined()
  })

  it('with two content types has both', async () => {
    respond = raw('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-type: text/html\r\n\r\n{}')
    expect((await fetching()).headers.get('content-type')).toBe('application/json, text/html')
  })

  it.each([301, 302, 307, 308])('with status %i is not followed', async (status) => {
    respond = (_, response) => response.writeHead(status, { location: `https://app.example:${port}/other` }).end()
    expect((await fetching()).status).toBe(status)
    expect(requests).toHaveLength(1)
  })

  it.each([204, 206, 404, 500])('with status %i is returned without its body', async (status) => {
    respond = (_, response) => response.writeHead(status).end(status === 204 ? undefined : 'x'.repeat(100_000))
    const { body, ...response } = await fetching()
    expect({ status: response.status, length: body.length }).toEqual({ status, length: 0 })
  })

  it('that is compressed is not decompressed', async () => {
    respond = (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('not gzip')
    const { headers, body } = await fetching()
    expect(headers.get('content-encoding')).toBe('gzip')
    expect(Buffer.from(body).toString()).toBe('not gzip')
  })

  it('may have 5120 bytes', async () => {
    respond = (_, response) => response.end('x'.repeat(MAX_BYTES))
    expect((await fetching()).body.length).toBe(MAX_BYTES)
  })

  it('with more bytes is refused, and the connection is closed without reading the rest', async () => {
    const gone = new Promise<void>((done) => {
      respond = (_, response) => {
        response.on('close', done)
        const more = () => {
          while (!response.destroyed && response.write('x'.repeat(1024)));
        }
        response.on('drain', more)
        more()
      }
    })
    await expect(fetching()).rejects.toThrow('expected at most 5120 bytes')
    await gone
  })

  it.each([
    ['more bytes than its content-length', `content-length: 2\r\n\r\n{}${'x'.repeat(6000)}`, '{}'],
    ['a body that ends with the connection', '\r\n{}', '{}'],
  ])('with %s ends there', async (_, rest, body) => {
    respond = raw(`HTTP/1.1 200 OK\r\n${rest}`)
    expect(Buffer.from((await fetching()).body).toString()).toBe(body)
  })

  it.each([
    ['fewer bytes than its content-length', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{}'],
    ['a broken chunk', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}'],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'],
    ['a header without end', `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}`],
    ['something else than HTTP', '220 mail.example ESMTP\r\n'],
    ['nothing', ''],
  ])('with %s is refused', async (_, text) => {
    respond = raw(text)
    await expect(fetching()).rejects.toThrow()
  })

  it.each([
    ['that does not begin', () => {}],
    ['that does not end', (response: ServerResponse) => void response.write('{')],
  ])('%s is not waited for longer than the signal says, and the connection is closed', async (_, begin) => {
    const stop = new AbortController()
    const gone = new Promise<void>((done) => {
      respond = (request, response) => {
        request.socket.on('close', () => done())
        begin(response)
        stop.abort()
      }
    })
    await expect(fetching({ signal: stop.signal })).rejects.toThrow()
    await gone
  })

  it('is not awaited if the signal was aborted before', async () => {
    await expect(fetching({ signal: AbortSignal.abort() })).rejects.toThrow('aborted')
    expect({ asked: names.asked, connections }).toEqual({ asked: [], connections: 0 })
  })
})
