import { connect } from 'node:net'

/** A response as it came over the wire. */
export interface RawAnswer {
  readonly status: number
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
}

/** A connection on which a test writes what it wants. */
export interface RawConnection {
  /** Sends bytes and resolves with the response, or with undefined if the server closed without one. */
  ask(bytes: Uint8Array | string): Promise<RawAnswer | undefined>
  /** Sends bytes and waits only until they are on their way. */
  write(bytes: Uint8Array | string): Promise<void>
  /** Resolves when the connection is closed. */
  readonly closed: Promise<void>
  /** Whether it can still be used. */
  isOpen(): boolean
  /** Disconnects without notice. */
  cut(): void
}

export async function rawConnection(port: number): Promise<RawConnection> {
  const socket = connect(port, '127.0.0.1')
  socket.setNoDelay(true)
  let received: Buffer = Buffer.alloc(0)
  let isHead = false
  let isClosed = false
  let waiting: ((response: RawAnswer | undefined) => void) | undefined
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const settle = () => {
    const found = waiting && parse(received, { isHead, isClosed })
    if (!waiting || (!found && !isClosed)) return
    received = found ? received.subarray(found.end) : received
    const done = waiting
    waiting = undefined
    done(found?.answer)
  }
  socket.on('error', () => {})
  socket.on('close', () => {
    isClosed = true
    settle()
  })
  socket.on('data', (chunk) => {
    received = Buffer.concat([received, chunk])
    settle()
  })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  return {
    ask(bytes) {
      isHead = Buffer.from(bytes.slice(0, 5)).toString('latin1') === 'HEAD '
      return new Promise((resolve) => {
        waiting = resolve
        socket.write(bytes)
        settle()
      })
    },
    write: (bytes) => new Promise((resolve) => socket.write(bytes, () => resolve())),
    closed,
    isOpen: () => !isClosed && socket.writable,
    cut: () => socket.destroy(),
  }
}

function parse(
  bytes: Buffer,
  { isHead, isClosed }: { isHead: boolean; isClosed: boolean },
): { readonly answer: RawAnswer; readonly end: number } | undefined {
  const headEnd = bytes.indexOf('\r\n\r\n')
  if (headEnd < 0) return undefined
  const [start = '', ...lines] = bytes.subarray(0, headEnd).toString('latin1').split('\r\n')
  const status = Number(start.split(' ')[1])
  const bodyStart = headEnd + 4
  if (status < 200) {
    const rest = parse(bytes.subarray(bodyStart), { isHead, isClosed })
    return rest && { answer: rest.answer, end: rest.end + bodyStart }
  }
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const length = isHead || status === 204 || status === 304 ? 0 : headers.get('content-length')
  if (length !== undefined) {
    const end = bodyStart + Number(length)
    if (bytes.length < end) return undefined
    return { answer: { status, headers, body: bytes.subarray(bodyStart, end).toString() }, end }
  }
  if (headers.get('transfer-encoding') === 'chunked') {
    const chunked = bytes.subarray(bodyStart).toString('latin1')
    const last = /(?:^|\r\n)0\r\n\r\n/.exec(chunked)
    if (!last) return undefined
    const text = chunked.slice(0, last.index).replaceAll(/(^|\r\n)[0-9a-f]+\r\n/g, '')
    return { answer: { status, headers, body: text }, end: bodyStart + last.index + last[0].length }
  }
  return isClosed
    ? { answer: { status, headers, body: bytes.subarray(bodyStart).toString() }, end: bytes.length }
    : undefined
}
