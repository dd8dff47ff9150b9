import { describe, expect, it } from 'vitest'
import { basic, httpFixture, refusal } from '../../support/http-fixture.ts'

const FORM = 'application/x-www-form-urlencoded'
const GRANT = 'grant_type=client_credentials'

describe.each(['/token', '/revoke', '/introspect'])('form requests to %s', (path) => {
  async function sent(body: RequestInit['body'] | undefined, headers: Record<string, string> = {}) {
    const here = httpFixture()
    const { app, secret } = await here.trustedApp()
    const before = { ...here.counts }
    const init = {
      method: 'POST',
      headers: { 'content-type': FORM, ...basic(app.key, secret), ...headers },
      duplex: 'half',
    }
    const response = await here.send(path, { ...init, ...(body !== undefined && { body }) } as RequestInit)
    return { answer: response, reads: here.counts.get - before.get, counts: here.counts, before, outages: here.outages }
  }

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'QUERY'])(
    'a %s request to a form endpoint gets 405 with Allow (HTTP-5)',
    async (method) => {
      const { send } = httpFixture()
      const response = await send(path, { method })
      expect([response.status, response.headers.get('allow')]).toEqual([
        405,
        path === '/introspect' ? 'POST' : 'POST, OPTIONS',
      ])
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(await response.text()).toEqual(method === 'HEAD' ? '' : expect.stringContaining('invalid_request'))
    },
  )

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x', '', `${FORM}x`, `x/${FORM}`])(
    'a form endpoint refuses the Content-Type %j with 415 (HTTP-5)',
    async (type) => {
      const { answer: response, reads } = await sent(`${GRANT}&token=x`, { 'content-type': type })
      expect(await refusal(response)).toEqual({ status: 415, error: 'invalid_request' })
      expect(reads).toBe(0)
    },
  )

  it.each([`${FORM};charset=UTF-8`, `${FORM} ; charset=utf-8`, FORM.toUpperCase()])(
    'a form endpoint accepts the Content-Type %j',
    async (type) => {
      expect((await sent(`${GRANT}&token=x`, { 'content-type': type })).answer.status).toBe(200)
    },
  )

  it.each(['gzip', 'br', 'deflate', 'GZIP', 'identity, gzip', 'x'])(
    'a form endpoint refuses the Content-Encoding %s (HTTP-5)',
    async (encoding) => {
      const { answer: response } = await sent(`${GRANT}&token=x`, { 'content-encoding': encoding })
      expect(await refusal(response)).toEqual({ status: 415, error: 'invalid_request' })
    },
  )

  it('a body of 16 KiB is accepted, and one byte more is 413 (HTTP-5)', async () => {
    const start = `${GRANT}&token=x&more=`
    expect((await sent(start.padEnd(16 * 1024, 'a'))).answer.status).toBe(200)
    const { answer: response, reads } = await sent(start.padEnd(16 * 1024 + 1, 'a'))
    expect(await refusal(response)).toEqual({ status: 413, error: 'invalid_request' })
    expect(reads).toBe(0)
  })

  it('a body declared too long is not read at all (HTTP-5)', async () => {
    let pulled = 0
    const body = new ReadableStream<Uint8Array>(
      { pull: (controller) => controller.enqueue(new Uint8Array(++pulled).fill(97)) },
      { highWaterMark: 0 },
    )
    const { answer: response } = await sent(body, { 'content-length': '16385' })
    expect([response.status, pulled]).toEqual([413, 0])
  })

  it('reading stops when a body becomes too long, whatever its declared length (HTTP-5)', async () => {
    let pulled = 0
    let isCancelled = false
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++
        controller.enqueue(new Uint8Array(1024).fill(97))
      },
      cancel() {
        isCancelled = true
      },
    })
    const { answer: response } = await sent(endless, { 'content-length': '10' })
    expect(response.status).toBe(413)
    expect(pulled).toBeLessThan(20)
    expect(isCancelled).toBe(true)
  })

  it('a body that breaks off is a bad request, not a server error (ERR-4)', async () => {
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(GRANT)),
      pull: (controller) => controller.error(new Error('gone')),
    })
    const { answer: response, outages } = await sent(broken)
    expect(await refusal(response)).toEqual({ status: 400, error: 'invalid_request' })
    expect(outages).toEqual([])
  })

  it.each([
    ['a known one', `${GRANT}&${GRANT}&token=x`],
    ['with the same value', `${GRANT}&token=x&token=x`],
    ['an empty one', `${GRANT}&token=x&scope=&scope=`],
    ['an unknown one', `${GRANT}&token=x&a=1&a=2`],
    ['one that is encoded differently', `${GRANT}&token=x&%74oken=y`],
  ])('a repeated parameter is refused: %s (RFC 6749 §3.2, HTTP-5)', async (_, body) => {
    const { answer: response, reads } = await sent(body)
    expect(await refusal(response)).toEqual({ status: 400, error: 'invalid_request' })
    expect(reads).toBe(0)
  })

  it.each([
    ['a broken escape', `${GRANT}&token=%zz`],
    ['half an escape', `${GRANT}&token=%4`],
    ['invalid UTF-8', new Uint8Array([0x61, 0x3d, 0xff, 0xfe])],
    ['nothing at all', ''],
    ['no body', undefined],
    ['only separators', '&&&&=&'],
    ['JSON', '{"grant_type":"client_credentials"}'],
    ['NUL', '\0=\0'],
  ])('a form body of %s is refused with 400 (ERR-4)', async (_, body) => {
    const { answer: response, outages } = await sent(body)
    expect(await refusal(response)).toEqual({ status: 400, error: 'invalid_request' })
    expect(outages).toEqual([])
  })

  it('an empty parameter counts as absent, and an unknown one is ignored (HTTP-5)', async () => {
    const { answer: response } = await sent(
      `${GRANT}&token=x&scope=&client_secret=&token_type_hint=&owner=org-9&__proto__=x&constructor=y`,
    )
    expect(response.status).toBe(200)
  })

  it.each([
    ['was read already', (request: Request) => request.text()],
    ['is being read elsewhere', async (request: Request) => request.body?.getReader()],
  ])('a request whose body %s is a 500, and the event says to mount before the body parser', async (_, take) => {
    const { handler, outages } = httpFixture()
    const request = new Request(`https://login.example${path}`, {
      method: 'POST',
      headers: { 'content-type': FORM },
      body: GRANT,
    })
    await take(request)
    const response = await handler(request)
    expect(await refusal(response)).toEqual({ status: 500, error: 'server_error' })
    expect(outages).toMatchObject([
      {
        code: 'server_error',
        operation: `POST ${path}`,
        cause: { message: expect.stringContaining('before the body parser') },
      },
    ])
  })
})
