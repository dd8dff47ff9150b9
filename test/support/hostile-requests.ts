/** Builds one hostile request after the other, the same ones for the same seed. */

const METHODS = ['POST', 'GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'QUERY', 'PROPFIND']
const BAD_METHODS = ['post', 'CONNECT', 'FOO', 'GET\t', 'P\0ST', '', 'PRI']
const TYPES = [
  'application/x-www-form-urlencoded',
  'application/x-www-form-urlencoded',
  'application/json',
  'application/json',
  'text/plain',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded; charset=utf-7',
  '',
  ';;;',
  'a'.repeat(2000),
]
const TYPE_OF = { form: 'application/x-www-form-urlencoded', json: 'application/json' } as const
const ENCODINGS = ['gzip', 'br', 'identity', 'identity, identity', 'x'.repeat(500)]
const NASTY = [
  '',
  '\0',
  '\r\n',
  'a\r\nx: y',
  '%00',
  '%zz',
  '%ff%fe',
  '%0d%0a',
  '{"$ne":null}',
  '[object Object]',
  '__proto__',
  'constructor',
  'toString',
  "' OR 1=1--",
  '../../etc/passwd',
  '*',
  '{}:*',
  '\u202eevil',
  '\ud800',
  '𝕏',
  '-1',
  '1e999',
  'NaN',
  'null',
  'true',
  ' ',
  '+',
  ':',
  '::',
  'a'.repeat(33),
  'a'.repeat(5000),
  'ag_at_',
  'ag_rt_',
]
const PARAMETERS = [
  'grant_type',
  'client_id',
  'client_secret',
  'client_assertion',
  'client_assertion_type',
  'scope',
  'token',
  'token_type_hint',
  'code',
  'refresh_token',
  'redirect_uri',
  'response_type',
  'code_challenge',
  'code_verifier',
  'state',
  'ticket',
  'decision',
  'request_uri',
  '__proto__',
  'trusted',
]
const FIELDS = [
  'name',
  'homepage',
  'adminEmail',
  'description',
  'image',
  'adminPhone',
  'redirectUrls',
  'scopes',
  'apiType',
  'public',
  'trusted',
  'owner',
  'jwks',
  'jwks_uri',
  'ids',
  'app',
  'account',
  '__proto__',
  'constructor',
  'length',
]

/** An endpoint, and what it expects. */
export interface Target {
  readonly method: string
  readonly path: string
  readonly body: 'form' | 'json'
}

/** What a hostile caller may know. */
export interface Known {
  /** Texts that are valid somewhere: keys, tokens, ids. */
  readonly texts: readonly string[]
  /** The targets. */
  readonly targets: readonly Target[]
  /** Valid credentials, for endpoints where authenticating does no harm by itself. */
  readonly authorizations?: readonly string[]
}

/** A request, and whether the sender disconnects after it. */
export interface HostileRequest {
  readonly bytes: Buffer
  readonly isCut: boolean
}

export function hostileRequests(
  random: () => number,
  { texts, targets, authorizations = [] }: Known,
): () => HostileRequest {
  const below = (limit: number) => Math.floor(random() * limit)
  const pick = <Item>(items: readonly Item[]): Item => items[below(items.length)] as Item
  const chance = (probability: number) => random() < probability
  const some = (most: number) => Array.from({ length: below(most + 1) })
  const noise = (length: number) => String.fromCharCode(...Array.from({ length }, () => below(256)))
  const value = () => (chance(0.4) ? pick(texts) : chance(0.8) ? pick(NASTY) : noise(below(60)))
  const escaped = (text: string) => (chance(0.7) ? encodeURIComponent(text.toWellFormed()) : text)

  const form = () =>
    some(7)
      .map(() => `${pick(PARAMETERS)}=${escaped(value())}`)
      .join(chance(0.95) ? '&' : ';')
  const plain = (depth: number): unknown => {
    const kind = below(depth > 3 ? 5 : 8)
    if (kind < 2) return value()
    if (kind === 2) return below(1e6) / 7 - 5
    if (kind === 3) return chance(0.5)
    if (kind === 4) return null
    if (kind === 5) return some(6).map(() => plain(depth + 1))
    return object(depth + 1)
  }
  // No e-mail address in it is ever valid, so it never registers an app.
  const object = (depth: number): object =>
    Object.fromEntries(some(8).map(() => [chance(0.8) ? pick(FIELDS) : value(), plain(depth)]))
  const json = () => {
    const text = JSON.stringify(chance(0.9) ? object(0) : plain(0))
    if (chance(0.1)) return text.slice(0, below(text.length))
    return chance(0.05) ? '['.repeat(8000) : text.replace('"__proto__":', '"__proto__":')
  }
  const expected = ({ body }: Target) =>
    body === 'json'
      ? json()
      : [`grant_type=client_credentials&token=${escaped(value())}`, form()].slice(below(2)).join('&')
  const body = () => {
    const kind = below(10)
    if (kind < 4) return form()
    if (kind < 8) return json()
    if (kind === 8) return noise(below(400))
    return pick(['', 'a'.repeat(17_000), `${form()}&pad=${'b'.repeat(40_000)}`, '\ufeff{}', '&'.repeat(9000)])
  }
  const authorization = () => {
    if (authorizations.length > 0 && chance(0.4)) return pick(authorizations)
    const pair = `${escaped(value())}:${escaped(value())}`
    return pick([
      `Basic ${Buffer.from(pair).toString('base64')}`,
      `Basic ${Buffer.from(pair, 'latin1').toString('base64')}`,
      `Bearer ${value()}`,
      `basic ${value()}`,
      'Basic',
      'Bearer',
      `Digest ${value()}`,
      `Basic ${'A'.repeat(9000)}`,
      value(),
    ])
  }
  const pathOf = ({ path }: Target) => {
    let target = path
    if (chance(0.04))
      target = `${pick(['/', '//', '/./', '/x/..', '/%2e', 'http://evil.example', '/\\', '*'])}${target}`
    if (chance(0.04))
      target += pick([
        '/',
        '//',
        '%00',
        '%',
        ';a=b',
        '/..',
        '\\',
        '#x',
        `/${encodeURIComponent(pick(NASTY).toWellFormed())}`,
      ])
    if (chance(0.3))
      target += `${target.includes('?') ? '&' : '?'}${chance(0.5) ? form() : `app=${pick(texts)}&limit=${encodeURIComponent(pick(NASTY).toWellFormed())}&cursor=${pick(texts)}`}`
    return target.replaceAll(/[^\x21-\x7e]/g, (character) => encodeURIComponent(character.toWellFormed()))
  }
  const headerValue = (text: string) => text.replaceAll(/[\r\n\0]/g, '')

  return () => {
    const target = pick(targets)
    const method = chance(0.85) ? target.method : chance(0.1) ? pick(BAD_METHODS) : pick(METHODS)
    const content = Buffer.from(chance(0.7) ? expected(target) : body(), chance(0.9) ? 'utf8' : 'latin1')
    const hasBody = chance(method === 'GET' || method === 'HEAD' ? 0.1 : 0.95)
    const lines = [`${method} ${pathOf(target)} HTTP/${chance(0.99) ? '1.1' : pick(['1.0', '9.9', '1.1 '])}`]
    if (chance(0.98)) lines.push(`Host: ${pick(['127.0.0.1', 'evil.example', 'a b', '', 'x:99999'])}`)
    if (chance(0.9)) lines.push(`Content-Type: ${chance(0.8) ? TYPE_OF[target.body] : pick(TYPES)}`)
    if (chance(0.7)) lines.push(`Authorization: ${headerValue(authorization())}`)
    if (chance(0.02)) lines.push(`Authorization: ${headerValue(authorization())}`)
    if (chance(0.05)) lines.push(`Content-Encoding: ${pick(ENCODINGS)}`)
    if (chance(0.9)) lines.push(`Sec-Fetch-Site: ${chance(0.9) ? 'same-origin' : pick(['cross-site', 'none', ''])}`)
    if (chance(0.3))
      lines.push(
        `Origin: ${pick(['null', 'https://evil.example', 'https://login.example', '*', headerValue(value())])}`,
      )
    if (chance(0.1))
      lines.push(
        `${pick(['X-Forwarded-For', 'X-Forwarded-Host', 'Forwarded', 'X-HTTP-Method-Override', 'User-Agent', 'Cookie'])}: ${headerValue(value())}`,
      )
    if (chance(0.01)) lines.push(`Expect: ${pick(['100-continue', 'x'])}`)
    if (chance(0.01)) lines.push(`${headerValue(noise(6))}: x`)
    if (chance(0.005)) lines.push(`X-Long: ${'a'.repeat(20_000)}`)
    const isChunked = hasBody && chance(0.2)
    if (isChunked) lines.push('Transfer-Encoding: chunked')
    else if (hasBody) lines.push(`Content-Length: ${content.length}`)
    const isCut = hasBody && content.length > 1 && chance(0.01)
    const sent = isCut ? content.subarray(0, content.length >> 1) : content
    const framed = isChunked
      ? Buffer.concat([
          Buffer.from(`${sent.length.toString(16)}\r\n`),
          sent,
          Buffer.from(sent.length ? '\r\n0\r\n\r\n' : '\r\n'),
        ])
      : sent
    const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
    return {
      bytes: hasBody ? Buffer.concat([head, isChunked && isCut ? framed.subarray(0, -5) : framed]) : head,
      isCut,
    }
  }
}
