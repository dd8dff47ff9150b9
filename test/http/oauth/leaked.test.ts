import { createHash, createSign, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import type { LeakReportOptions, ScannerKey } from '../../../src/http/index.ts'
import { exampleApp } from '../../../src/testing/index.ts'
import { rewritten } from '../../support/forged-credentials.ts'
import { httpFixture, refusal } from '../../support/http-fixture.ts'

const ID = 'key-1'
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const KEYS = [keyOf(pair.publicKey)]
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

function keyOf(key: KeyObject, id = ID): ScannerKey {
  return { key_identifier: id, key: key.export({ type: 'spki', format: 'pem' }).toString() }
}

function signed(body: string, key: KeyObject = pair.privateKey, id = ID): Record<string, string> {
  const signature = createSign('sha256').update(body).sign(key, 'base64')
  return { 'github-public-key-identifier': id, 'github-public-key-signature': signature }
}

async function setUp(leakReports: LeakReportOptions = { scannerKeys: () => KEYS }) {
  const here = httpFixture({ leakReports })
  const { app, secret } = await here.trustedApp()
  const { accessToken } = await here.appgrant.authorizer.clientCredentials({ key: app.key, secret })
  const leaks: object[] = []
  here.appgrant.events.on('leak', (event) => leaks.push(event))
  const send = (body: string, headers: Record<string, string> = {}) =>
    here.send('/leaked', { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } })
  return {
    ...here,
    app,
    secret,
    accessToken,
    leaks,
    post: send,
    /** Reports with a signature of the scanner, and returns the labels. */
    async report(...entries: readonly object[]) {
      const body = JSON.stringify(entries)
      const response = await send(body, signed(body))
      expect(response.status).toBe(200)
      return response.json()
    },
    isValid: async (token = accessToken) => (await here.appgrant.authorizer.tryVerify(token)).ok,
  }
}

describe('POST /leaked', () => {
  it('is not served unless the host asks for it', async () => {
    const { send } = httpFixture()
    expect((await send('/leaked', { method: 'POST', body: '[]' })).status).toBe(404)
  })

  it('a report of anyone revokes what it presents, and says nothing (ERR-5)', async () => {
    const { post, accessToken, isValid, leaks, app } = await setUp({})
    const url = `https://git.example/o/r/blob/1234/file.txt?token=${accessToken}`
    const response = await post(JSON.stringify([{ token: accessToken, type: 'x', url, source: 'content' }]))
    expect([response.status, await response.text(), response.headers.get('cache-control')]).toEqual([
      200,
      '[]',
      'no-store',
    ])
    expect(await isValid()).toBe(false)
    expect(leaks).toEqual([
      expect.objectContaining({
        app: app.key,
        credential: 'accessToken',
        url: 'https://git.example/o/r/blob/1234/file.txt',
      }),
    ])
    expect(JSON.stringify(leaks)).not.toContain(accessToken)
  })

  it('a signed report gets a label for each entry: true for what was valid until then', async () => {
    const { report, accessToken, isValid } = await setUp()
    const hash = sha256(accessToken)
    expect(await report({ token: accessToken, type: 'appgrant_token', url: '' })).toEqual([
      { token_hash: hash, token_type: 'appgrant_token', label: 'true_positive' },
    ])
    expect(await isValid()).toBe(false)
    expect(await report({ token: accessToken })).toEqual([{ token_hash: hash, label: 'false_positive' }])
  })

  it('the same credential many times in one report is revoked once, and has the same label each time', async () => {
    const { report, accessToken, writes, leaks } = await setUp()
    const before = writes()
    const labels = await report(...Array.from({ length: 1000 }, () => ({ token: accessToken })))
    expect(labels).toHaveLength(1000)
    expect(new Set(labels.map(({ label }: { label: string }) => label))).toEqual(new Set(['true_positive']))
    expect([writes() - before, leaks.length]).toEqual([1, 1])
  })

  it('a secret is revoked if its key is beside it', async () => {
    const { report, app, secret, appgrant } = await setUp()
    expect(await report({ token: secret }, { token: secret, key: app.key })).toMatchObject([
      { label: 'false_positive' },
      { label: 'true_positive' },
    ])
    await expect(appgrant.authorizer.authenticateApp({ key: app.key, secret })).rejects.toThrow()
  })

  it('what has no right checksum costs no read; right ids with a wrong secret cost no write (ERR-5, S44)', async () => {
    const { report, app, secret, accessToken, counts, writes, isValid } = await setUp()
    const [reads, written] = [counts.get, writes()]
    const wrong = [
      '',
      'x',
      accessToken.slice(0, -1),
      `${accessToken} `,
      accessToken.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')),
      'ags'.padEnd(32, 'x'),
      secret.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a')),
      'eyJhbGciOiJub25lIn0.e30.',
      'a'.repeat(10_000),
    ]
    const labels = await report(...wrong.map((token) => ({ token, key: app.key })))
    for (const { label } of labels) expect(label).toBe('false_positive')
    expect([counts.get - reads, writes() - written]).toEqual([0, 0])
    const forged = rewritten(accessToken, { secret: '0'.repeat(48) })
    const unknown = [{ token: forged }, { token: secret, key: 'x' }]
    for (const one of unknown) expect(await report(one)).toMatchObject([{ label: 'false_positive' }])
    expect(writes()).toBe(written)
    expect(await isValid()).toBe(true)
  })

  it('a flood of made-up credentials of every kind costs neither a read nor a write (ERR-5)', async () => {
    const { report, app, accessToken, counts, writes } = await setUp()
    const [reads, written] = [counts.get, writes()]
    const kinds = ['at', 'ut', 'as', 'us', 'rt', 'ac'].map((kind) => `ag_${kind}_`)
    const madeUp = () => `${randomUUID()}${randomUUID()}`.replaceAll('-', '')
    for (let flood = 0; flood < 5; flood++) {
      const tokens = Array.from({ length: 1000 }, (_, n) => {
        const text = n % 3 === 0 ? accessToken.slice(0, -6) + madeUp().slice(0, 6) : madeUp() + madeUp()
        return n % 3 === 0 ? text : `${kinds[n % kinds.length]}${text}`.slice(0, 40 + (n % 80))
      })
      await report(...tokens.map((token, n) => ({ token, ...(n % 2 === 0 && { key: app.key }) })))
    }
    expect([counts.get - reads, writes() - written]).toEqual([0, 0])
  })

  it('a token of another platform, with another prefix, is not one of ours', async () => {
    const [here, other] = [await setUp(), await setUp()]
    expect(await here.report({ token: other.accessToken })).toMatchObject([{ label: 'false_positive' }])
    expect(await other.isValid()).toBe(true)
  })

  it('the vector of a partner of GitHub is verified, and not with another body', async () => {
    const key = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE9MJJHnMfn2+H4xL4YaPDA4RpJqUqkCmRCBnYERxZanmcpzQSXs1X/AljlKkbJ8qpVIW4clayyef9gWhFbNHWAA==
-----END PUBLIC KEY-----`
    const { post } = await setUp({ scannerKeys: async () => [{ key_identifier: 'of-github', key }] })
    const body = '[{"token":"some_token","type":"some_type","url":"some_url"}]'
    const headers = {
      'github-public-key-identifier': 'of-github',
      'github-public-key-signature':
        'MEUCIQDKZokqnCjrRtw0tni+2Ltvl/uiMJ1EGumEsp1BsNr32AIgQY1YXD2nlj+XNfGK4rBfkMJ1JDOQcYXxa2sY8FNkrKc=',
    }
    expect(await (await post(body, headers)).json()).toEqual([
      { token_hash: sha256('some_token'), token_type: 'some_type', label: 'false_positive' },
    ])
    expect(await (await post(`${body} `, headers)).json()).toEqual([])
  })

  it('a signature of another body, key, identifier or curve is none: the report counts, and gets no label', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const curve = generateKeyPairSync('ec', { namedCurve: 'P-384' })
    const keys = [...KEYS, keyOf(curve.publicKey, 'curve'), { key_identifier: 'bad', key: 'x' }]
    const { post, isValid, accessToken } = await setUp({ scannerKeys: () => keys })
    const body = JSON.stringify([{ token: accessToken }])
    for (const headers of [
      signed(`${body} `),
      signed(body, other.privateKey),
      signed(body, pair.privateKey, 'other'),
      signed(body, curve.privateKey, 'curve'),
      signed(body, pair.privateKey, 'bad'),
      { ...signed(body), 'github-public-key-signature': '?' },
      { 'github-public-key-signature': signed(body)['github-public-key-signature'] ?? '' },
    ])
      expect(await (await post(body, headers)).json()).toEqual([])
    expect(await isValid()).toBe(false)
  })

  it('keys that the host cannot fetch are an outage event, and the report counts', async () => {
    const scannerKeys = () => Promise.reject(new Error('no route'))
    const { post, accessToken, isValid, outages } = await setUp({ scannerKeys })
    const body = JSON.stringify([{ token: accessToken }])
    expect(await (await post(body, signed(body))).json()).toEqual([])
    expect(await isValid()).toBe(false)
    expect(outages).toMatchObject([{ code: 'server_error', operation: 'leakReports.scannerKeys' }])
  })

  it.each([
    ['not JSON', 'x', 400],
    ['an object', '{}', 400],
    ['an entry without a token', '[{"token":1}]', 400],
    ['an entry that is null', '[null]', 400],
    ['a key that is not a string', '[{"token":"x","key":1}]', 400],
    ['1001 entries', JSON.stringify(Array.from({ length: 1001 }, () => ({ token: 'x' }))), 413],
    ['more than a MiB', `[{"token":"${'x'.repeat(1024 * 1024)}"}]`, 413],
    ['invalid UTF-8', '["\ud800"', 400],
  ])('%s is refused, and nothing is looked up', async (_, body, status) => {
    const { post, counts } = await setUp()
    const reads = counts.get
    expect(await refusal(await post(body))).toEqual({ status, error: 'invalid_request' })
    expect(counts.get).toBe(reads)
  })

  it('a report that is not application/json is refused, so that no page of another site can send one unasked', async () => {
    const { send, accessToken, isValid } = await setUp()
    const response = await send('/leaked', {
      method: 'POST',
      body: JSON.stringify([{ token: accessToken }]),
      headers: { 'content-type': 'text/plain' },
    })
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([415, null])
    expect(await isValid()).toBe(true)
  })

  it('an empty report is fine', async () => {
    const { report } = await setUp()
    expect(await report()).toEqual([])
  })

  it('a store that fails is a 503, so that the scanner tries again, and never a label', async () => {
    const { post, faults, accessToken, isValid } = await setUp()
    const body = JSON.stringify([{ token: accessToken }])
    faults.fail('replace', 'before')
    const response = await post(body, signed(body))
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await isValid()).toBe(true)
    expect(await (await post(body, signed(body))).json()).toMatchObject([{ label: 'true_positive' }])
  })

  it('after 25 seconds the rest is left for the next report', async () => {
    const { post, appgrant, counts } = await setUp()
    const owner = exampleApp({ owner: 'org-2', trusted: true })
    const { app, secret } = await appgrant.apps.register(owner)
    const tokens = await Promise.all(
      Array.from({ length: 60 }, () => appgrant.authorizer.clientCredentials({ key: app.key, secret })),
    )
    const body = JSON.stringify(tokens.map(({ accessToken }) => ({ token: accessToken })))
    const started = performance.now()
    const reads = counts.get
    const now = vi
      .spyOn(performance, 'now')
      .mockImplementation(() => (counts.get > reads + 25 ? started + 26_000 : started))
    try {
      const response = await post(body, signed(body))
      expect(await refusal(response)).toEqual({ status: 503, error: 'temporarily_unavailable' })
    } finally {
      now.mockRestore()
    }
    const left = await Promise.all(tokens.map(({ accessToken }) => appgrant.authorizer.tryVerify(accessToken)))
    const valid = left.filter(({ ok }) => ok).length
    expect(valid).toBeGreaterThan(0)
    expect(valid).toBeLessThan(60)
    expect((await post(body, signed(body))).status).toBe(200)
  })
})
