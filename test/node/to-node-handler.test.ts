import { once } from 'node:events'
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http'
import { connect, createServer as createServer2 } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import type { Handler } from '../../src/http/index.ts'
import { accessOf, type NodeHandlerOptions, protectNode, toNodeHandler } from '../../src/node.ts'
import { httpFixture } from '../support/http-fixture.ts'
import { type RawAnswer, rawConnection } from '../support/raw-connection.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

async function serve(
  handler: Handler,
  { before, ...options }: NodeHandlerOptions & { before?: (req: IncomingMessage, res: ServerResponse) => void } = {},
) {
  const handle = toNodeHandler(handler, options)
  const done: Promise<void>[] = []
  const server = createServer((req, res) => {
    before?.(req, res)
    done.push(handle(req, res))
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: (server.address() as AddressInfo).port, done }
}

/** A handler that remembers what it was given. */
function recorder(response: () => Response = () => new Response('ok')) {
  const seen: { url: string; method: string; headers: Headers; remoteAddress: string | undefined }[] = []
  const handler: Handler = async ({ url, method, headers }, facts) => {
    seen.push({ url, method, headers, remoteAddress: facts?.remoteAddress })
    return response()
  }
  return { seen, handler }
}

async function ask(port: number, bytes: string) {
  const connection = await rawConnection(port)
  const response = await connection.ask(bytes)
  connection.cut()
  return response
}

function withoutDate(response: RawAnswer | undefined) {
  return response && { ...response, headers: [...response.headers].filter(([name]) => name !== 'date').toSorted() }
}

describe('toNodeHandler', () => {
  it.each([
    ['/token', '/token'],
    ['/token?a=1&b=%2F', '/token?a=1&b=%2F'],
    ['//evil.example/token', '//evil.example/token'],
    ['http://evil.example/token?a', '/token?a'],
    ['HTTPS://evil.example:1/token', '/token'],
    ['http://evil.example', '/'],
    ['http://evil.example?a', '/?a'],
    ['*', '/'],
  ])('the target %s becomes %s on a host that no request can choose (HTTP-7, S23)', async (target, expected) => {
    const { seen, handler } = recorder()
    const { port } = await serve(handler)
    const method = target === '*' ? 'OPTIONS' : 'GET'
    expect((await ask(port, `${method} ${target} HTTP/1.1\r\nHost: evil.example\r\n\r\n`))?.status).toBe(200)
    expect(seen.map(({ url }) => url)).toEqual([`http://localhost${expected}`])
  })

  it('originalUrl is used if a framework removed its mount path', async () => {
    const { seen, handler } = recorder()
    const before = (req: IncomingMessage) => {
      Object.assign(req, { originalUrl: req.url, url: '/' })
    }
    const { port } = await serve(handler, { before })
    await ask(port, 'GET /oauth/token?a=1 HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(seen[0]?.url).toBe('http://localhost/oauth/token?a=1')
  })

  it('the remote address is that of the socket or of the host’s function, never a header by itself (ERR-3)', async () => {
    const request = 'GET / HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 198.51.100.7\r\n\r\n'
    const { seen, handler } = recorder()
    for (const remoteAddress of [
      undefined,
      (req: IncomingMessage) => String(req.headers['x-forwarded-for']),
      () => undefined,
    ]) {
      const { port } = await serve(handler, remoteAddress ? { remoteAddress } : {})
      await ask(port, request)
    }
    expect(seen.map((one) => one.remoteAddress)).toEqual(['127.0.0.1', '198.51.100.7', undefined])
  })

  it('every header is passed on, and two Authorization headers become one malformed one', async () => {
    const { seen, handler } = recorder()
    const { port } = await serve(handler)
    await ask(
      port,
      'GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic YTpi\r\nauthorization: Bearer c\r\nX-A: \xe9\r\n\r\n',
    )
    expect(seen[0]?.headers.get('authorization')).toBe('Basic YTpi, Bearer c')
    expect(seen[0]?.headers.get('x-a')).toBe('\xc3\xa9')
  })

  it.each(['TRACE', 'PROPFIND', 'QUERY', 'M-SEARCH'])(
    'the method %s is passed on, even if Fetch does not know it',
    async (method) => {
      const { seen, handler } = recorder()
      const { port } = await serve(handler)
      expect((await ask(port, `${method} / HTTP/1.1\r\nHost: x\r\n\r\n`))?.status).toBe(200)
      expect(seen[0]?.method).toBe(method)
    },
  )

  it('the response has status, all headers, several cookies and the body with its length', async () => {
    const { handler } = recorder(() => {
      const headers = new Headers({ 'x-a': '1' })
      headers.append('set-cookie', 'a=1; Path=/')
      headers.append('set-cookie', 'b=2')
      return new Response('grüße', { status: 418, headers })
    })
    const cookies: unknown[] = []
    const before = (_: IncomingMessage, res: ServerResponse) =>
      res.on('finish', () => cookies.push(res.getHeader('set-cookie')))
    const { port } = await serve(handler, { before })
    const response = await ask(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(response).toMatchObject({ status: 418, body: 'grüße' })
    expect(response?.headers.get('content-length')).toBe('7')
    expect(cookies).toEqual([['a=1; Path=/', 'b=2']])
    expect((await ask(port, 'HEAD / HTTP/1.1\r\nHost: x\r\n\r\n'))?.body).toBe('')
  })

  it('a function that the host wraps around the handler gets the same responses', async () => {
    const { handler, trustedApp } = httpFixture({ signIn: async () => ({ account: 'org-1' }) })
    const { app, secret } = await trustedApp()
    const basic = `Authorization: Basic ${btoa(`${app.key}:${secret}`)}\r\n`
    const FORM = 'Content-Type: application/x-www-form-urlencoded\r\n'
    const post = (path: string, headers: string, body: string) =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\n${headers}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
    const ports = [(await serve(handler)).port, (await serve((request, facts) => handler(request, facts))).port]
    const requests = [
      'GET /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: x\r\n\r\n',
      'HEAD /.well-known/oauth-authorization-server HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET /token HTTP/1.1\r\nHost: x\r\n\r\n',
      'TRACE /token HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET /authorize?client_id=x HTTP/1.1\r\nHost: x\r\n\r\n',
      `GET /apps/${app.key} HTTP/1.1\r\nHost: x\r\n\r\n`,
      post('/apps', 'Content-Type: application/json\r\nSec-Fetch-Site: same-origin\r\n', '{"name":""}'),
      post('/apps', 'Content-Type: application/json\r\nSec-Fetch-Site: cross-site\r\n', '{}'),
      post('/introspect', basic + FORM, 'token=x'),
      post('/introspect', `${basic}${basic}${FORM}`, 'token=x'),
      post('/introspect', `${basic}Authorization: Bearer x\r\n${FORM}`, 'token=x'),
      post('/introspect', basic + FORM, ''),
      post('/introspect', basic + FORM, 'token=%'),
      post('/introspect', `${basic}Content-Type: text/plain\r\n`, 'token=x'),
      post('/introspect', `${basic}${FORM}Content-Encoding: gzip\r\n`, 'token=x'),
      post('/introspect', basic + FORM, `token=${'x'.repeat(16 * 1024 - 6)}`),
      post('/introspect', basic + FORM, `token=${'x'.repeat(16 * 1024 - 5)}`),
      post('/introspect?token=x', basic + FORM, 'token=x'),
      post('/token', FORM, `grant_type=authorization_code&client_id=${app.key}`),
      `POST /introspect HTTP/1.1\r\nHost: x\r\n${basic}${FORM}Transfer-Encoding: chunked\r\n\r\n3\r\ntok\r\n4\r\nen=x\r\n0\r\n\r\n`,
    ]
    const statuses = new Set<number | undefined>()
    for (const request of requests) {
      const [direct, wrapped] = await Promise.all(ports.map((port) => ask(port, request)))
      expect(withoutDate(direct), request).toEqual(withoutDate(wrapped))
      statuses.add(direct?.status)
    }
    expect([...statuses].toSorted()).toEqual([200, 400, 401, 403, 404, 405, 413, 415])
  })

  it.each([
    ['the handler', (handler: Handler) => handler],
    [
      'a function around it',
      (handler: Handler): Handler =>
        (request, facts) =>
          handler(request, facts),
    ],
  ])('%s resolves if the client disconnects before its body is read', async (_, around) => {
    let isReached = () => {}
    const reached = new Promise<void>((resolve) => {
      isReached = resolve
    })
    let isGone: Promise<void> | undefined
    const { handler } = httpFixture({
      signIn: async () => {
        isReached()
        await isGone
        return { account: 'org-1' }
      },
    })
    const { port, done } = await serve(around(handler), {
      before: (req) => {
        isGone = new Promise((resolve) => req.once('close', resolve))
      },
    })
    const connection = await rawConnection(port)
    await connection.write(
      'POST /apps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nSec-Fetch-Site: same-origin\r\nContent-Length: 9\r\n\r\n{"a"',
    )
    await reached
    connection.cut()
    expect(await Promise.all(done)).toEqual([undefined])
  })

  it('a body is read only when asked for, and no further than asked for', async () => {
    const { port } = await serve(httpFixture().handler, {
      before: (req) => {
        req.on('newListener', (name) => name === 'data' && read.push(req.url))
      },
    })
    const read: unknown[] = []
    const request = (path: string, type: string) =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: 3\r\n\r\na=b`
    await ask(port, request('/nowhere', 'application/x-www-form-urlencoded'))
    await ask(port, request('/token', 'text/plain'))
    expect(read).toEqual([])
    await ask(port, request('/token', 'application/x-www-form-urlencoded'))
    expect(read).toEqual(['/token'])
  })

  it('an endless upload gets 413, and the connection is closed', async () => {
    const { port, done } = await serve(httpFixture().handler)
    const connection = await rawConnection(port)
    const head = 'POST /token HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n'
    const response = await connection.ask(`${head}Transfer-Encoding: chunked\r\n\r\n8000\r\n${'a'.repeat(0x8000)}\r\n`)
    expect(response?.status).toBe(413)
    expect(response?.headers.get('connection')).toBe('close')
    await connection.closed
    await Promise.all(done)
  })

  /** A session with a server that speaks HTTP/2. */
  async function overHttp2(listener: (req: IncomingMessage, res: ServerResponse) => void) {
    // HTTP/2 requests and responses have everything that is used of those of HTTP/1.
    const server = createServer2((req, res) =>
      listener(req as unknown as IncomingMessage, res as unknown as ServerResponse),
    )
    onTestFinished(() => void server.close())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const session = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    onTestFinished(() => session.close())
    return session
  }

  it('an endless upload over HTTP/2 gets 413 whole, and its stream is closed while others go on (HTTP-5)', async () => {
    const session = await overHttp2(toNodeHandler(httpFixture().handler))
    const head = { ':method': 'POST', ':path': '/token', 'content-type': 'application/x-www-form-urlencoded' }
    const stream = session.request(head, { endStream: false })
    // Closing it makes the upload fail, or not, depending on what the client was doing.
    stream.on('error', () => {})
    const response = once(stream, 'response')
    const body: Buffer[] = []
    stream.on('data', (part: Buffer) => body.push(part))
    const isWhole = once(stream, 'end')
    const chunk = Buffer.alloc(64 * 1024, 'a')
    let sent = 0
    const upload = () => {
      // The test would go on for ever if the server took it all.
      while (!stream.closed && sent < 256 * 1024 * 1024) {
        sent += chunk.length
        if (!stream.write(chunk)) return void stream.once('drain', upload)
      }
      if (!stream.closed) stream.end()
    }
    upload()
    const [headers] = await response
    expect(headers[':status']).toBe(413)
    await isWhole
    expect(JSON.parse(`${Buffer.concat(body)}`)).toMatchObject({ error: 'invalid_request' })
    if (!stream.closed) await once(stream, 'close')
    expect(stream.rstCode).toBe(0)
    expect(sent).toBeLessThan(16 * 1024 * 1024)
    const next = session.request({ ...head, 'content-length': '3' })
    next.end('a=b')
    expect((await once(next, 'response'))[0][':status']).toBe(400)
    next.resume()
  })

  it('HTTP/2 is served by the same calls, without a warning', async () => {
    const { handler, appgrant, trustedApp } = httpFixture()
    const { app, secret } = await trustedApp()
    const [handle, guard] = [toNodeHandler(handler), protectNode(appgrant.authorizer)]
    const session = await overHttp2((request, response) => {
      if (request.url === '/guarded') guard(request, response, () => response.end(accessOf(request).account))
      else handle(request, response)
    })
    const warnings: Error[] = []
    const note = (warning: Error) => warnings.push(warning)
    process.on('warning', note)
    onTestFinished(() => void process.off('warning', note))
    const answerTo = async (headers: OutgoingHttpHeaders, body = '') => {
      const stream = session.request(headers, { endStream: body === '' })
      const [head] = await Promise.all([once(stream, 'response'), body && stream.end(body)])
      return { status: head[0][':status'], body: await text(stream) }
    }
    const post = {
      ':method': 'POST',
      ':path': '/token',
      authorization: `Basic ${btoa(`${app.key}:${secret}`)}`,
      'content-type': 'application/x-www-form-urlencoded',
    }
    const granted = await answerTo(post, 'grant_type=client_credentials')
    expect(granted.status).toBe(200)
    const authorization = `Bearer ${JSON.parse(granted.body).access_token}`
    expect(await answerTo({ ':path': '/guarded', authorization })).toEqual({ status: 200, body: 'org-1' })
    expect(await answerTo({ ':path': '/guarded' })).toEqual({ status: 401, body: '' })
    expect((await answerTo(post, 'x'.repeat(20_000))).status).toBe(413)
    expect(warnings).toEqual([])
  })

  it('the handler resolves silently if the client disconnects before the response', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    let isReached = () => {}
    const reached = new Promise<void>((resolve) => {
      isReached = resolve
    })
    const warnings: Error[] = []
    const note = (warning: Error) => warnings.push(warning)
    process.on('warning', note)
    const { port, done } = await serve(async () => {
      isReached()
      await held
      return new Response('late')
    })
    const connection = await rawConnection(port)
    await connection.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await reached
    connection.cut()
    await connection.closed
    release()
    await Promise.all(done)
    process.off('warning', note)
    expect(done).toHaveLength(1)
    expect(warnings).toEqual([])
  })

  it.each([
    ['a handler rejects', async () => Promise.reject(new Error('a bug')), {}],
    [
      'the function for the address throws',
      async () => new Response('ok'),
      {
        remoteAddress: () => {
          throw new Error('a bug')
        },
      },
    ],
  ])(
    'the handler never rejects: if %s, the response is a 500 and a process warning says why',
    async (_, handler, options) => {
      const warned = new Promise<Error & { code?: string }>((resolve) => process.once('warning', resolve))
      const { port, done } = await serve(handler, options)
      const response = await ask(port, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
      expect(response).toMatchObject({ status: 500, body: '' })
      expect(response?.headers.get('cache-control')).toBe('no-store')
      expect(await warned).toMatchObject({ code: 'APPGRANT_HANDLER', message: expect.stringContaining('a bug') })
      expect(await Promise.all(done)).toEqual([undefined])
    },
  )

  it('toNodeHandler throws a TypeError for a value that is not a function', () => {
    expect(() => toNodeHandler({} as never)).toThrow(/^toNodeHandler: handler: /)
    expect(() => toNodeHandler(recorder().handler, { remoteAddress: '::1' as never })).toThrow(
      /^toNodeHandler: remoteAddress: /,
    )
  })
})
