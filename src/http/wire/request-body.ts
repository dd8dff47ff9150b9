import { isAscii } from 'node:buffer'
import { strictUtf8 } from '../../base/strict-utf8.ts'
import { invalidRequest } from './http-error.ts'
import type { IncomingRequest } from './request.ts'

const MAX_BODY_BYTES = 16 * 1024
const BROKEN_ESCAPE = /%(?![0-9A-Fa-f]{2})/

// The fast path: no escapes, and every part has a name and a value.
const PLAIN_FORM = /^[A-Za-z0-9._~*-]+=[A-Za-z0-9._~*-]*(?:&[A-Za-z0-9._~*-]+=[A-Za-z0-9._~*-]*)*$/

function plainPairs(text: string): readonly (readonly [string, string])[] {
  return text.split('&').map((part) => {
    const at = part.indexOf('=')
    return [part.slice(0, at), part.slice(at + 1)] as const
  })
}

/** The body was read before the handler got the request: a mistake of the host, not of the client. */
export class BodyWasReadError extends Error {
  constructor() {
    super('the request body has already been read: mount this handler before the body parser')
    this.name = 'BodyWasReadError'
  }
}

/** The parameters of a form, without those that have no value (RFC 6749 §3.2). */
export type Form = ReadonlyMap<string, string>

/**
 * Reads the form in the body of a request.
 *
 * @param list - the one parameter that may be repeated, as checkboxes are; its values are joined with a space.
 * @throws HttpError 415, 413, or 400 if the form is malformed or a parameter is repeated.
 */
export async function readForm(request: IncomingRequest, list?: string): Promise<Form> {
  const text = await readFormText(request)
  const form = new Map<string, string>()
  for (const [name, value] of PLAIN_FORM.test(text) ? plainPairs(text) : new URLSearchParams(text)) {
    const before = form.get(name)
    if (before !== undefined && name !== list) throw invalidRequest('a parameter is repeated')
    form.set(name, before ? `${before} ${value}` : value)
  }
  for (const [name, value] of form) if (value === '') form.delete(name)
  return form
}

/**
 * Reads the text of the form in the body of a request.
 *
 * @param maxBytes - the longest body. Default is 16 KiB.
 * @throws HttpError 415, 413, or 400 if the form is malformed.
 */
export async function readFormText(request: IncomingRequest, maxBytes = MAX_BODY_BYTES): Promise<string> {
  assertType(request, 'application/x-www-form-urlencoded')
  const text = textOf(await readBytes(request, maxBytes))
  if (BROKEN_ESCAPE.test(text)) throw invalidRequest('the body is not a valid form')
  return text
}

/**
 * Reads the JSON object in the body of a request. An empty body counts as an empty object.
 *
 * @throws HttpError 415, 413, or 400 if the JSON is malformed.
 */
export async function readJson(request: IncomingRequest): Promise<Readonly<Record<string, unknown>>> {
  assertType(request, 'application/json')
  const text = textOf(await readBytes(request, MAX_BODY_BYTES))
  const value = text === '' ? {} : parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidRequest('the body must be a JSON object')
  return value as Record<string, unknown>
}

/**
 * Reads any JSON in the body of a request, and its bytes, which may be signed.
 *
 * @throws HttpError 415, 413, or 400 if the JSON is malformed.
 */
export async function readJsonValue(
  request: IncomingRequest,
  maxBytes: number,
): Promise<{ readonly value: unknown; readonly bytes: Uint8Array }> {
  assertType(request, 'application/json')
  const bytes = await readBytes(request, maxBytes)
  return { value: parse(textOf(bytes)), bytes }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw invalidRequest('the body is not valid JSON')
  }
}

function assertType({ headers }: IncomingRequest, expected: string): void {
  // Decompression could turn a small body into a large one.
  const encoding = headers.get('content-encoding')
  if (encoding !== null && encoding.toLowerCase() !== 'identity')
    throw invalidRequest('Content-Encoding is not supported', 415)
  const given = headers.get('content-type')
  if (given === expected) return
  const [type = ''] = (given ?? '').split(';', 1)
  if (type.trim().toLowerCase() !== expected) throw invalidRequest(`the Content-Type must be ${expected}`, 415)
}

async function readBytes(request: IncomingRequest, maxBytes: number): Promise<Uint8Array> {
  if (request.bodyUsed) throw new BodyWasReadError()
  if (Number(request.headers.get('content-length')) > maxBytes) throw tooLarge(maxBytes)
  const bytes = await request.readBody(maxBytes).catch(() => {
    // The client has closed the connection and will not read this response.
    throw invalidRequest('the request body was cut short')
  })
  if (!bytes) throw tooLarge(maxBytes)
  return bytes
}

function textOf(bytes: Uint8Array): string {
  if (isAscii(bytes)) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
  try {
    return strictUtf8.decode(bytes)
  } catch {
    throw invalidRequest('the body is not valid UTF-8')
  }
}

function tooLarge(maxBytes: number) {
  return invalidRequest(`the body must not exceed ${maxBytes} bytes`, 413)
}
