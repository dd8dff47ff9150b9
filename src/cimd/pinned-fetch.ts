import type { ClientRequest, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import type { FetchDocument } from '../domain/registration/fetch-document.ts'
import { type Addressing, checkedAddress } from './checked-address.ts'

/** What the tests need that a host must not have. */
export interface PinnedFetchOptions extends Addressing {
  /** The certificate of the only authority to trust. Default is those that Node trusts. */
  readonly ca?: string
}

/** @see {@link createDocumentFetcher} */
export function createPinnedFetch({ ca, ...addressing }: PinnedFetchOptions): FetchDocument {
  return async (url, { signal, maxBytes }) => {
    const { protocol, hostname, host, port, pathname, search } = new URL(url)
    if (protocol !== 'https:') throw new Error(`${url}: expected an https URL`)
    const address = await checkedAddress(hostname, addressing, signal)
    const asked = request({
      // With an address in place of the name nothing is looked up, so what was checked is what is connected to.
      host: address,
      port: port === '' ? 443 : Number(port),
      path: pathname + search,
      // For SNI and the certificate.
      servername: hostname,
      headers: { host, accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'appgrant' },
      // A new connection for each request, which no other shares.
      agent: false,
      // Not even NODE_TLS_REJECT_UNAUTHORIZED lets another certificate through.
      rejectUnauthorized: true,
      ...(ca !== undefined && { ca }),
      signal,
    })
    try {
      const response = await responseTo(asked)
      const headers = new Map(
        Object.entries(response.headersDistinct).map(([name, all = []]) => [name, all.join(', ')]),
      )
      const { statusCode: status = 0 } = response
      return { status, headers, body: status === 200 ? await bodyOf(response, maxBytes) : new Uint8Array() }
    } finally {
      asked.destroy()
    }
  }
}

function responseTo(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.on('response', resolve)
    // Bytes that are not HTTP are an error of the request even after its response, which has then failed too.
    asked.on('error', reject)
    asked.on('close', () => reject(new Error('the connection was closed without a response')))
    asked.end()
  })
}

async function bodyOf(response: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response) {
    length += chunk.length
    if (length > maxBytes) throw new Error(`expected at most ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}
