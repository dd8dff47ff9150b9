import { describe, expect, it } from 'vitest'
import { basic, refusal, world } from './world.ts'

const FORM = 'application/x-www-form-urlencoded'
const GRANT = 'grant_type=client_credentials'

describe.each(['/token', '/revoke', '/introspect'])('%s', (path) => {
  async function sent(body: RequestInit['body'] | undefined, headers: Record<string, string> = {}) {
    const here = world()
    const { app, secret } = await here.trustedApp()
    const before = { ...here.counts }
    const init = {
      method: 'POST',
      headers: { 'content-type': FORM, ...basic(app.key, secret), ...headers },
      duplex: 'half',
    }
    const answer = await here.send(path, { ...init, ...(body !== undefined && { body }) } as RequestInit)
    return { answer, reads: here.counts.get - before.get, counts: here.counts, before, outages: here.outages }
  }

  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY'])(
    'answers %s with 405 and Allow (HTTP-5)',
    async (method) => {
      const { send } = world()
      const answer = await send(path, { method })
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST'])
      expect(answer.headers.get('cache-control')).toBe('no-store')
      expect(await answer.text()).toEqual(method === 'HEAD' ? '' : expect.stringContaining('invalid_request'))
    },
  )

  it.each(['application/json', 'text/plain', 'multipart/form-data; boundary=x', '', `${FORM}x`, `x/${FORM}`])(
    'answers the Content-Type %j with 415 (HTTP-5)',
    async (type) => {
      const { answer, reads } = await sent(`${GRANT}&token=x`, { 'content-type': type })
      expect(await refusal(answer)).toEqual({ status: 415, error: 'invalid_request' })
      expect(reads).toBe(0)
    },
  )

  it.each([`${FORM};charset=UTF-8`, `${FORM} ; charset=utf-8`, FORM.toUpperCase()])(
    'takes the Content-Type %j',
    async (type) => {
      expect((await sent(`${GRANT}&token=x`, { 'content-type': type })).answer.status).toBe(200)
    },
  )

  it.each(['gzip', 'br', 'deflate', 'GZIP', 'identity, gzip', 'x'])(
    'refuses the Content-Encoding %s (HTTP-5)',
    async (encoding) => {
      const { answer } = await sent(`${GRANT}&token=x`, { 'content-encoding': encoding })
      expect(await refusal(answer)).toEqual({ status: 415, error: 'invalid_request' })
    },
  )

  it('takes 16 KiB and refuses one byte more with 413 (HTTP-5)', async () => {
    const start = `${GRANT}&token=x&more=`
    expect((await sent(start.padEnd(16 * 1024, 'a'))).answer.status).toBe(200)
    const { answer, reads } = await sent(start.padEnd(16 * 1024 + 1, 'a'))
    expect(await refusal(answer)).toEqual({ status: 413, error: 'invalid_request' })
    expect(reads).toBe(0)
  })

  it('reads nothing of a body that is said to be too long (HTTP-5)', async () => {
    let pulled = 0
    const body = new ReadableStream<Uint8Array>(
      { pull: (controller) => controller.enqueue(new Uint8Array(++pulled).fill(97)) },
      { highWaterMark: 0 },
    )
    const { answer } = await sent(body, { 'content-length': '16385' })
    expect([answer.status, pulled]).toEqual([413, 0])
  })

  it('stops reading where a body grows too long, whatever its length was said to be (HTTP-5)', async () => {
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
    const { answer } = await sent(endless, { 'content-length': '10' })
    expect(answer.status).toBe(413)
    expect(pulled).toBeLessThan(20)
    expect(isCancelled).toBe(true)
  })

  it('treats a body that breaks off as a bad request, not as a failure of ours (ERR-4)', async () => {
    const broken = new ReadableStream<Uint8Array>({
      start: (controller) => controller.enqueue(new TextEncoder().encode(GRANT)),
      pull: (controller) => controller.error(new Error('gone')),
    })
    const { answer, outages } = await sent(broken)
    expect(await refusal(answer)).toEqual({ status: 400, error: 'invalid_request' })
    expect(outages).toEqual([])
  })

  it.each([
    ['a known one', `${GRANT}&${GRANT}&token=x`],
    ['with the same value', `${GRANT}&token=x&token=x`],
    ['an empty one', `${GRANT}&token=x&scope=&scope=`],
    ['an unknown one', `${GRANT}&token=x&a=1&a=2`],
    ['one that is spelt otherwise', `${GRANT}&token=x&%74oken=y`],
  ])('refuses a repeated parameter: %s (RFC 6749 §3.2, HTTP-5)', async (_, body) => {
    const { answer, reads } = await sent(body)
    expect(await refusal(answer)).toEqual({ status: 400, error: 'invalid_request' })
    expect(reads).toBe(0)
  })

  it.each([
    ['a broken escape', `${GRANT}&token=%zz`],
    ['half an escape', `${GRANT}&token=%4`],
    ['no UTF-8', new Uint8Array([0x61, 0x3d, 0xff, 0xfe])],
    ['nothing at all', ''],
    ['no body', undefined],
    ['only separators', '&&&&=&'],
    ['JSON', '{"grant_type":"client_credentials"}'],
    ['NUL', '\0=\0'],
  ])('refuses a body of %s with 400 (ERR-4)', async (_, body) => {
    const { answer, outages } = await sent(body)
    expect(await refusal(answer)).toEqual({ status: 400, error: 'invalid_request' })
    expect(outages).toEqual([])
  })

  it('takes an empty parameter for absent and ignores an unknown one (HTTP-5)', async () => {
    const { answer } = await sent(
      `${GRANT}&token=x&scope=&client_secret=&token_type_hint=&owner=org-9&__proto__=x&constructor=y`,
    )
    expect(answer.status).toBe(200)
  })

  it.each([
    ['was read already', (request: Request) => request.text()],
    ['is being read by somebody else', async (request: Request) => request.body?.getReader()],
  ])('answers 500 and tells the operator to mount before the body parser where the body %s', async (_, take) => {
    const { handler, outages } = world()
    const request = new Request(`https://login.example${path}`, {
      method: 'POST',
      headers: { 'content-type': FORM },
      body: GRANT,
    })
    await take(request)
    const answer = await handler(request)
    expect(await refusal(answer)).toEqual({ status: 500, error: 'server_error' })
    expect(outages).toMatchObject([
      {
        code: 'server_error',
        operation: `POST ${path}`,
        cause: { message: expect.stringContaining('before the body parser') },
      },
    ])
  })
})
